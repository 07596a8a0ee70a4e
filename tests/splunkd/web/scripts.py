"""The JavaScript that splunkweb gives to every page: its configuration, translations, theme and the chrome around.

Rules (what UCC 6.6.0's front end reads, reference "Splunk's pages without Splunk", 2): `window.$C`;
`window.__get_theme__.getTheme()` promises a theme's name; `window.__splunk_layout__.create(options)` puts the chrome
into the page and tells by `getContainerElement()` where the app goes. There are no translations: every text is its own.
The chrome is a bar with the user and a logout, and the app's navigation as links; it is Splunk's in nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tests.splunkd.web.page import ROOT, Page, script
from tests.splunkd.web.views import Link

BUILD = "stand-in"
VERSION = "10.0.0"
_UTC = "### SERIALIZED TIMEZONE FORMAT 1.0;C0;Y0 N 55 54 43;$"
_COLOURS = {"light": ("#ffffff", "#171d21"), "dark": ("#171d21", "#ffffff")}

_I18N = """(function () {
  var catalog = {};
  window.i18n_register = function (told) { catalog = (told && told.catalog) || {}; };
  window._ = window.gettext = function (text) { return catalog[text] || text; };
  window.locale_uses_day_before_month = function () { return false; };
  window.ungettext = function (one, many, n) { return window.gettext(n === 1 ? one : many); };
})();
"""

_LAYOUT = """(function () {
  var navigations = %(navigations)s, user = (window.$C && window.$C.USERNAME) || "";
  function add(parent, tag, text, attributes) {
    var made = document.createElement(tag);
    Object.keys(attributes || {}).forEach(function (name) { made.setAttribute(name, attributes[name]); });
    if (text) { made.textContent = text; }
    return parent.appendChild(made);
  }
  function link(parent, text, href) {
    var here = href === window.location.pathname ? {"aria-current": "page"} : {};
    here.href = href;
    here.style = "color: inherit; margin-right: 16px;";
    add(parent, "a", text, here);
  }
  window.__splunk_layout__ = {
    create: function (options) {
      var app = (window.location.pathname.match(/\\/app\\/([^\\/]+)/) || [])[1];
      var header = document.createElement("header");
      document.body.style.margin = "0";
      document.body.insertBefore(header, document.body.firstChild);
      header.setAttribute("style", "padding: 8px 16px; background: %(back)s; color: %(front)s;");
      if (!(options && options.hideSplunkBar)) {
        var bar = add(header, "div", "", {"data-test": "splunk-bar"});
        add(bar, "span", user, {style: "margin-right: 16px;"});
        link(bar, "Logout", "%(root)s/account/logout");
      }
      if (!(options && options.hideAppBar)) {
        var nav = add(header, "nav", "", {"aria-label": "App navigation"});
        (navigations[app && decodeURIComponent(app)] || []).forEach(function (one) { link(nav, one[0], one[1]); });
      }
      var container = add(document.body, "div", "", {id: "splunk-stand-in-container"});
      return {getContainerElement: function () { return container; }};
    }
  };
})();
"""


def config(port: int, user: str, app: str) -> Page:
    """`window.$C`."""
    told = {
        "APP": app,
        "BUILD_NUMBER": BUILD,
        "LOCALE": ROOT.strip("/"),
        "MRSPARKLE_PORT_NUMBER": port,
        "MRSPARKLE_ROOT_PATH": "",
        "SERVER_ZONEINFO": _UTC,
        "SPLUNKD_PATH": f"{ROOT}/splunkd/__raw",
        "USERNAME": user,
        "VERSION_LABEL": VERSION,
    }
    return script(f"window.$C = {_literal(told)};\n")


def translation() -> Page:
    """js/i18n.js."""
    return script(_I18N)


def catalog() -> Page:
    """What registers the translations: none."""
    return script("window.i18n_register && window.i18n_register({catalog: {}});\n")


def theme(name: str) -> Page:
    """build/api/get_theme.js."""
    return script(
        f"window.__get_theme__ = {{getTheme: function () {{ return Promise.resolve({_literal(name)}); }}}};\n"
    )


def layout(navigations: Mapping[str, Sequence[Link]], theme_name: str) -> Page:
    """build/api/layout.js and its sisters."""
    back, front = _COLOURS[theme_name]
    return script(_LAYOUT % {"navigations": _literal(navigations), "back": back, "front": front, "root": ROOT})


def _literal(value: Any) -> str:
    """A value as JavaScript."""
    return json.dumps(value).replace("<", "\\u003c")
