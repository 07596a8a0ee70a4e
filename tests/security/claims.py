"""Every claim of docs/security.md. After a change: python -m tests.security.

A row needs a test that fails without its defence; a row of what nothing prevents belongs into RISKS.
"""

from __future__ import annotations

from typing import Dict, Tuple

from tests.security.claim import Change, Claim, Risk

_OURS = "bin/falcon_streams"
_PAGES = "integration/test_page_endpoints.py"
_SHARED = "unit/store/test_shared.py"
_TENANTS = "unit/store/test_tenant_documents.py"
_STORE = "integration/test_shared_checkpoints.py"

THREATS = (
    Claim(
        "whoever answers as Falcon's API",
        "names a host of their own, plain http, another port, or a look-alike in a discovery answer",
        "The add-on calls https on port 443 only, and only hosts that end in a suffix of the cloud; each suffix "
        "begins with a dot. It follows no redirect. For `custom`, it calls the API host and the admin's domains",
        (
            "unit/core/test_clouds.py::test_everything_else_is_refused",
            "unit/falcon/test_transport.py::test_a_redirect_is_an_answer_and_not_followed",
            "integration/test_hostile_discovery.py::"
            "test_a_hostile_url_is_never_contacted_and_the_other_partition_is_read",
        ),
        (
            Change(f"{_OURS}/core/clouds.py", 'return "names a host outside the account\'s cloud"', "return None"),
            Change(f"{_OURS}/core/clouds.py", 'return "is not https"', "return None"),
            Change(f"{_OURS}/core/clouds.py", "not self.any_port and port not in (None, 443)", "False"),
            Change(f"{_OURS}/core/discovery.py", "if fault is not None:", "if False:"),
            Change(f"{_OURS}/falcon/transport.py", "allow_redirects=False", "allow_redirects=True"),
        ),
    ),
    Claim(
        "whoever answers as Falcon's API",
        "offers thousands of streams in one discovery answer, a thread each",
        "An input reads at most 64 partitions, and more only if its setting `partitions` names them. One sentence "
        "names the rest, and at most 21 name refused entries",
        (
            "unit/core/test_roster.py::"
            "test_of_thousands_of_partitions_no_more_are_read_than_the_limit_and_the_rest_is_told",
            "unit/core/test_discovery.py::test_thousands_of_refusals_are_told_in_a_few_sentences",
        ),
        (
            Change(
                f"{_OURS}/core/roster.py",
                "if partition in self.members or len(self.members) < MOST_PARTITIONS:",
                "if True:",
            ),
            Change(f"{_OURS}/core/discovery.py", "if len(refusals) > _MOST_REFUSALS:", "if False:"),
        ),
    ),
    Claim(
        "whoever answers as Falcon's API to the token request",
        "sends the secret to another host by a redirect, or by the name of another cloud (`X-Cs-Region`)",
        "The add-on follows once for each request, and only from one known commercial cloud to the API host of "
        "another. It never follows from or to a custom address",
        (
            "unit/core/test_clouds.py::test_a_redirect_is_followed_to_known_api_hosts_of_commercial_clouds_only",
            "unit/core/test_clouds.py::"
            "test_a_region_that_a_token_answer_names_is_followed_from_one_known_cloud_to_another",
            "unit/falcon/test_auth.py::test_the_secret_is_sent_to_no_host_but_the_api_of_a_known_cloud",
            "unit/falcon/test_auth.py::test_a_second_redirect_is_not_followed",
        ),
        (
            Change(f"{_OURS}/core/clouds.py", "if cloud.discoverable and cloud.api_host == host:", "if host:"),
            Change(
                f"{_OURS}/core/clouds.py",
                "if cloud is None or not (origin.discoverable and cloud.discoverable):",
                "if cloud is None:",
            ),
        ),
    ),
    Claim(
        "whoever writes events",
        "sends XML that ends the stream, forged log lines, or terminal escapes",
        "The add-on handles events as bytes, replaces what XML forbids, and escapes the rest. It quotes values in the "
        "log and writes only printable characters",
        (
            "unit/splunk/test_hostile_content.py::test_a_hostile_event_is_one_event_of_the_very_bytes",
            "unit/splunk/test_hostile_content.py::test_a_hostile_text_is_one_printable_field_of_a_log_line",
            "unit/splunk/test_stream_xml.py::test_any_bytes_make_well_formed_xml",
            "unit/splunk/test_logs.py::test_any_text_stays_one_printable_line",
        ),
        (
            Change(f"{_OURS}/splunk/stream_xml.py", '_FORBIDDEN.sub("\\ufffd", text)', "text"),
            Change(f"{_OURS}/splunk/stream_xml.py", '.replace(b"<", b"&lt;")', ""),
            Change(
                f"{_OURS}/splunk/logs.py",
                '"".join(c if c.isprintable() else " " for c in text)',
                "text",
            ),
        ),
    ),
    Claim(
        "whoever writes events",
        "sends huge lines, deep nesting, or numbers beyond any",
        "A pattern finds the envelope of an event. Where it does not match, the add-on parses a line up to 64 KiB. It "
        "walks over a longer one without a tree, in time that grows with the line and with no more than the line's "
        "own memory. It cuts a line at 64 MiB",
        (
            "unit/core/test_outline.py::test_no_shape_of_a_line_costs_more_than_its_own_memory",
            "unit/core/test_framing.py::"
            "test_an_overlong_line_is_handed_out_once_to_its_limit_and_the_next_line_is_whole",
        ),
        (
            Change(f"{_OURS}/core/framing.py", "if len(self._held) <= self._longest:", "if True:"),
            Change(
                f"{_OURS}/core/envelope.py",
                "    return _fields_of_outline(line)\n",
                "    return _fields_of_tree(line)\n",
            ),
        ),
    ),
    Claim(
        "whoever writes events",
        "puts a link to a page of their own or to a script into a detection, for an analyst to click on",
        "The search keeps only plain https addresses of known Falcon consoles (`falcon_event_streams_console_link`). "
        "Nothing else becomes a link",
        (
            "knowledge/test_links.py::test_an_event_chooses_no_place_for_a_click",
            "knowledge/test_tokens.py::test_every_token_has_the_filter_of_its_place",
            "ui/test_hostile_texts.py::test_a_click_on_a_hostile_detection_opens_nothing_and_its_texts_stay_texts",
        ),
        (
            Change(
                "default/data/ui/views/detections.xml",
                "| `falcon_event_streams_console_link` | rename",
                "| rename",
            ),
            Change("default/macros.conf", 'match(url, "^https://', 'match(url, "https://'),
            Change("default/macros.conf", "/(?:[A-Za-z0-9/?&=%#;:.,_~@!+*()\\[\\]-]|", "(?:[^x]|"),
        ),
    ),
    Claim(
        "whoever writes events",
        "sends a host, user or name with quotes and pipes, which a click or a choice puts into a search",
        "Every token of a dashboard has the filter of its place: one text in SPL (`|s`), encoded in a URL (`|u`)",
        (
            "knowledge/test_tokens.py::test_every_token_has_the_filter_of_its_place",
            "ui/test_hostile_texts.py::test_a_value_goes_into_a_search_as_one_text",
            "ui/test_hostile_texts.py::test_what_is_typed_into_a_dashboard_goes_into_its_searches_as_one_text",
        ),
        (
            Change("default/data/ui/views/detections.xml", "$row.dest.value|s|u$", "%22$row.dest.value|u$%22"),
            Change(
                "default/data/ui/views/stream_health.xml", "input=$input|s$ action=events_ingested", "input=$input$"
            ),
        ),
    ),
    Claim(
        "whoever writes events",
        "sends a name with markup, ends of lines, or quotes, which an alert's message, or a finding's title and "
        "drilldown, repeat",
        "Titles and messages take their values from two fields, which are one line of text without angle brackets "
        "(`falcon_event_streams_plain_text`). Only ids of Falcon's form reach a drilldown's search",
        (
            "knowledge/test_tokens.py::test_a_conf_file_puts_a_value_of_an_event_into_texts_and_ids_into_a_search_and_"
            "nothing_else_anywhere",
            "knowledge/test_detections.py::test_what_an_event_says_is_a_line_of_text_in_titles_and_messages",
            "knowledge/test_detections.py::test_an_id_that_is_none_of_falcons_reaches_no_drilldown",
        ),
        (
            Change("default/macros.conf", 'replace(headline, "[<>', 'replace(headline, "[#'),
            Change("default/macros.conf", 'replace(details, "[<>', 'replace(details, "[#'),
            Change("default/macros.conf", 'eval id=if(match(id, "^[', 'eval id=if(match(id, "^[ \\"'),
            Change("default/savedsearches.conf", "and allowed, $result.headline$", "and allowed, $result.signature$"),
        ),
    ),
    Claim(
        "whoever writes events, a state file, or a conf",
        "puts markup or a script into a value that a page shows",
        "The pages show values as texts, and our own scripts make no markup",
        (
            "knowledge/test_tokens.py::test_our_own_scripts_and_pages_make_no_markup_of_a_text",
            "ui/test_hostile_texts.py::test_the_inputs_page_shows_a_hostile_state_as_text",
            "ui/test_hostile_texts.py::test_the_configuration_page_shows_a_hostile_account_as_text",
        ),
        (
            Change(
                "appserver/static/js/build/custom/new_input.js",
                "this.util = util;",
                "this.util = util; document.body.innerHTML += mode;",
            ),
        ),
    ),
    Claim(
        "man in the middle",
        "reads or changes what is sent",
        "TLS 1.2 or later, verified against certifi and the admin's CA. Nobody can switch that off",
        (
            "unit/test_trust.py::test_a_context_verifies_and_is_alike_on_every_python",
            "integration/test_certificates.py::"
            "test_a_bad_certificate_is_refused_on_every_way_with_the_remedy_for_its_fault",
        ),
        (
            Change(
                f"{_OURS}/trust.py",
                "    trust.verify_flags &= ~ssl.VERIFY_X509_STRICT\n",
                "    trust.check_hostname = False\n    trust.verify_mode = ssl.CERT_NONE\n",
            ),
            Change(
                f"{_OURS}/trust.py",
                "    trust.verify_flags &= ~ssl.VERIFY_X509_STRICT\n",
                "    trust.check_hostname = False\n",
            ),
        ),
    ),
    Claim(
        "whoever may set an input's environment",
        "sets `SSLKEYLOGFILE`, so that the keys of every connection go into a file",
        "No TLS context comes from Python's defaults, which obey that variable. Each of ours asks for TLS 1.2 or "
        "later, also towards splunkd and the KV store",
        ("unit/test_trust.py::test_no_context_writes_its_keys_and_each_has_the_floor",),
        (
            Change(f"{_OURS}/trust.py", "ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)", "ssl.create_default_context()"),
            Change(f"{_OURS}/trust.py", "ssl.TLSVersion.TLSv1_2", "ssl.TLSVersion.TLSv1"),
        ),
    ),
    Claim(
        "the proxy",
        "reads the password of another proxy, or the traffic",
        "The add-on uses CONNECT only, with TLS inside. It sends a proxy's password only to the host and port it was "
        "entered for",
        (
            f"{_PAGES}::test_a_proxy_keeps_its_password_to_itself_and_for_itself",
            "integration/test_certificates.py::"
            "test_a_bad_certificate_is_refused_on_every_way_with_the_remedy_for_its_fault",
        ),
        (Change(f"{_OURS}/splunk/stored_secret.py", '("username", "type", "host", "port")', '("username", "type")'),),
    ),
    Claim(
        "a user who may edit accounts but not read secrets",
        "has a stored secret sent to a host of their own",
        "The page asks for the secret again if cloud, URL, domains, proxy, or CA change",
        (
            "unit/pages/test_secret_change.py::test_a_stored_secret_is_asked_for_again_where_it_would_go_elsewhere",
            f"{_PAGES}::test_a_stored_secret_is_not_sent_where_it_was_not_entered_for",
        ),
        (
            Change(
                f"{_OURS}/pages/secret_change.py",
                "if verdict is Verdict.HERE or (verdict is Verdict.UNKNOWN and not changed):",
                "if True:",
            ),
        ),
    ),
    Claim(
        "whoever may edit the vendor's inputs or proxy",
        "changes the cloud or the proxy while an admin looks at the plan of a take-over, so that the vendor's secret "
        "goes elsewhere than the admin has seen",
        "The plan shows cloud and proxy, and only Falcon's own clouds count. A change names the hash of the plan that "
        "was seen, and is refused if the plan is another one by then",
        (
            "takeover/test_estates.py::"
            "test_an_input_goes_there_and_back_and_nothing_of_the_vendors_changes_but_disabled",
            "unit/takeover/test_plan.py::"
            "test_the_hash_changes_with_what_is_made_and_not_with_offsets_or_with_who_reads",
        ),
        (
            Change(f"{_OURS}/takeover/takeover_collection.py", "if plan.hash != seen:", "if False:"),
            Change(f"{_OURS}/takeover/plan.py", "(self.account_form, self.proxy_form, self.input_form)", "()"),
        ),
    ),
    Claim(
        "whoever chooses what an event calls its customer",
        "has it indexed where the readers of another tenant see it, by a customer that resembles that tenant's CID",
        "Only a CID in full, in either case, with or without the checksum, is a tenant's. Every other text goes where "
        "`[default]` says, and nothing is kept of it",
        (
            "unit/core/test_tenants.py::test_a_customer_that_is_no_cid_of_ours_is_a_tenant_without_a_stanza",
            "unit/splunk/test_stream_xml.py::test_hostile_customers_share_what_is_kept_for_tenants_without_a_stanza",
            "integration/test_tenants.py::test_a_hostile_customer_never_ends_in_the_index_of_another",
        ),
        (
            Change(
                f"{_OURS}/core/tenants.py",
                "return self.of(text) if text == text.strip() else",
                "return self.of(text[:32]) if text else",
            ),
            Change(f"{_OURS}/splunk/stream_xml.py", "tenant.index or routing.index", "routing.index or tenant.index"),
        ),
    ),
    Claim(
        "whoever runs one child tenant",
        "gets a call of the input that bears the token of another child",
        "Each child has a bearer of its own, bound to it by `member_cid`, and only the calls for this child bear it. "
        "What Falcon says of one child's token changes nothing for the others",
        (
            "unit/falcon/test_family.py::test_each_child_has_a_token_of_its_own_that_is_bound_to_it",
            "unit/falcon/test_family.py::test_a_refused_child_rests_a_minute_and_takes_nobodys_credentials_away",
            "integration/test_children.py::"
            "test_every_event_of_every_child_arrives_once_over_a_stop_and_nobody_gets_anothers_token",
        ),
        (
            Change(
                f"{_OURS}/falcon/auth.py",
                "child._child, child._bearer, child._lock = cid, None, threading.Lock()",
                "child._child = cid",
            ),
            Change(f"{_OURS}/falcon/auth.py", 'form["member_cid"] = self._child or', 'form["member_cid"] ='),
            Change(f"{_OURS}/falcon/auth.py", "if self._child and answer.status in _MAY_MEAN_CHILD:", "if False:"),
        ),
    ),
    Claim(
        "a Splunk user of one tenant",
        "reads in the tenants' conf who the provider's other tenants are",
        "Only `admin` and `sc_admin` may read that conf. Searches need no lookup: the name is a field of the events, "
        "in the index that the user may search",
        (
            "package/test_contents.py::test_only_admins_may_see_who_the_tenants_of_a_provider_are",
            "unit/pages/test_tenants_collection.py::test_who_may_not_list_inputs_sees_no_tenant",
        ),
        (
            Change(
                "metadata/default.meta",
                "[falcon_event_streams_tenants]\naccess = read : [ admin, sc_admin ]",
                "[falcon_event_streams_tenants]\naccess = read : [ * ]",
            ),
            Change(f"{_OURS}/pages/tenants_collection.py", "require_capability(self._splunkd, LIST)", "pass"),
        ),
    ),
    Claim(
        "whoever names a child tenant in Flight Control",
        "chooses a name whose pattern leads into the index of another tenant, or that a spreadsheet runs",
        "A plan refuses a child that would share index or name with another tenant. Names lose what no name may hold, "
        "and nothing happens before an admin has applied the plan",
        (
            "unit/pages/test_tenant_plan.py::test_a_child_that_is_called_like_a_tenant_does_not_get_into_its_index",
            "unit/pages/test_tenant_plan.py::"
            "test_two_children_of_one_name_and_one_that_is_called_like_the_default_are_refused",
            "unit/pages/test_tenant_plan.py::test_a_name_from_falcon_is_made_fit",
            "unit/pages/test_tenant_plan.py::test_a_row_with_a_fault_is_refused_and_the_others_are_not",
            "unit/pages/test_tenants_collection.py::test_a_plan_that_is_another_one_by_now_is_refused",
        ),
        (
            Change(f"{_OURS}/pages/tenant_plan.py", "for name in _ALONE if row.fills else ():", "for name in ():"),
            Change(f"{_OURS}/pages/tenant_document.py", 'plain.lstrip("=+-@ ")', "plain"),
            Change(f"{_OURS}/pages/tenant_document.py", "if value.startswith(_FORMULA):", "if False:"),
            Change(f"{_OURS}/pages/tenants_collection.py", 'if plan.hash != form.get("hash", ""):', "if False:"),
        ),
    ),
    Claim(
        "whoever may write the app, but not read secrets",
        "edits `base_url`, a CA, a proxy's host, or `management_uri` by splunkd's own conf endpoint, so that a stored "
        "secret goes there",
        "An entry beside each secret says where it was entered for, and whoever uses the secret checks that (decision "
        "record 0015)",
        ("integration/test_destinations.py::test_a_secret_is_not_sent_to_where_somebody_else_has_turned_the_conf",),
        (Change(f"{_OURS}/splunk/stored_secret.py", "if verdict is Verdict.ELSEWHERE:", "if False:"),),
    ),
    Claim(
        "whoever may write the app, but not read secrets",
        "removes that entry, or puts another secret's encrypted text there, by the conf endpoint",
        "Only `admin` and `sc_admin` may write the app's `passwords.conf`",
        ("package/test_contents.py::test_only_admins_may_write_the_secrets_of_the_app_by_its_conf",),
        (
            Change(
                "metadata/default.meta",
                "[passwords]\naccess = read : [ * ], write : [ admin, sc_admin ]",
                "[passwords]\naccess = read : [ * ], write : [ admin, power ]",
            ),
        ),
    ),
    Claim(
        "a user who may not edit accounts, read secrets, or write the app",
        "uses the endpoints' power",
        "The endpoints act with the caller's own session. splunkd asks for the capability of decision record 0014, "
        "and the endpoint asks again before it looks at anything. It checks write permission before it sends any "
        "packet",
        (
            "unit/pages/test_rest.py::test_who_has_none_of_the_capabilities_has_nothing_looked_at",
            f"{_PAGES}::test_who_may_not_write_the_app_gets_403_before_any_packet_leaves",
            "security/test_callers.py::test_who_may_not_list_inputs_gets_no_state_although_splunkd_gave_a_list",
            f"{_PAGES}::test_states_are_shown_only_to_those_who_may_list_inputs",
            "integration/test_offsets.py::"
            "test_whoever_may_not_change_inputs_may_only_look_and_seals_take_the_right_to_read_the_secret",
        ),
        (
            Change(f"{_OURS}/pages/rest.py", "require_capability(splunkd, *collection.needs)", "pass"),
            Change(f"{_OURS}/pages/account_collection.py", "self._stanzas.require_right_to_add()", "pass"),
            Change(f"{_OURS}/pages/conf_stanzas.py", "require_write_permission(may_write)", "pass"),
            Change(f"{_OURS}/pages/input_collection.py", "require_capability(self._splunkd, LIST)", "pass"),
        ),
    ),
    Claim(
        "a user who may not list inputs, or not read secrets",
        "has the doctor read what splunkd does not let them read, or ask Falcon with an account",
        "The doctor acts with the caller's own session: without `list_inputs` its endpoint checks nothing, and without "
        "the right to read the secret it sends no packet",
        (
            "integration/test_doctor.py::"
            "test_who_may_not_list_inputs_gets_nothing_and_who_may_gets_what_splunkd_lets_them_read",
        ),
        (
            Change(f"{_OURS}/pages/doctor_collection.py", "require_capability(self._splunkd, LIST)", "pass"),
            Change(
                f"{_OURS}/doctor/rounds.py",
                "yield Check(NAME, name, ((ACCOUNT, name),), lambda: client().check_name())",
                "yield Check(NAME, name, (), lambda: client().check_name())",
            ),
        ),
    ),
    Claim(
        "whoever gets a diag",
        "finds a secret in it that somebody wrote into a conf by hand, into a comment or a wrong setting",
        "Of a conf, a diag has what a schema knows and accepts. `passwords.conf` is not opened",
        ("integration/test_diag.py::test_it_takes_findings_states_logs_and_confs_and_none_of_the_planted_secrets",),
        (
            Change(f"{_OURS}/doctor/bundle.py", "if name in _WITHHELD:", "if False:"),
            Change(f"{_OURS}/doctor/bundle.py", "if name not in properties:", "if False:"),
            Change(f"{_OURS}/doctor/bundle.py", "        check_stanza(one, stanza, {name: value})\n", "        pass\n"),
        ),
    ),
    Claim(
        "any logged-in user",
        "sends a request so large, or of so many parts, that it keeps the process of all pages busy",
        "Before anything else, the endpoint checks the size of the request, then the capability, then the size of "
        "each field. Every text, list, and number of a schema has a limit. Only the change itself holds up others",
        (
            "unit/pages/test_rest.py::test_a_request_that_is_too_large_is_refused_before_anything_is_looked_at",
            "unit/pages/test_rest.py::test_who_has_none_of_the_capabilities_has_nothing_looked_at",
            "unit/pages/test_rest.py::test_a_field_that_is_too_long_is_refused_before_the_form_is_checked",
            "unit/pages/test_rest.py::test_a_check_that_takes_its_time_holds_up_no_other_change",
            "unit/splunk/test_settings.py::test_every_text_list_and_number_of_a_schema_has_a_limit",
        ),
        (
            Change(f"{_OURS}/pages/rest.py", "if len(document) > MAX_WITH_DOCUMENT:", "if False:"),
            Change(f"{_OURS}/pages/rest.py", "len(document) > MAX_REQUEST and DOCUMENT not in form", "False"),
            Change(f"{_OURS}/pages/rest.py", "if len(value) > MAX_FIELD and field != DOCUMENT:", "if False:"),
        ),
    ),
    Claim(
        "two admins at once, answered by one process of the pages or by two",
        "store one's secret beside the other's address",
        "A change holds a lock that the threads and processes of the machine share. It first looks whether somebody "
        "was faster",
        (
            "integration/test_races.py::test_of_two_who_create_one_wins_whole",
            "integration/test_races.py::test_of_two_who_edit_each_is_whole_and_who_was_overtaken_is_told",
            "unit/pages/test_change_lock.py::test_of_two_processes_one_waits_and_is_refused_where_that_takes_too_long",
            "unit/pages/test_meanwhile.py::test_a_stanza_that_somebody_else_has_saved_stays_as_it_is",
        ),
        (
            Change(f"{_OURS}/pages/conf_stanzas.py", "elif self.existing(name) != former:", "elif False:"),
            Change(
                f"{_OURS}/pages/rest.py",
                "        with self._lock:\n            return change()",
                "        return change()",
            ),
        ),
    ),
    Claim(
        "whoever may store secrets but not write this app",
        "takes a proxy's password away for a moment, by a change that splunkd then refuses",
        "The endpoint checks write permission before it touches a secret, a file, or Falcon",
        ("unit/pages/test_who_may_save.py::test_write_permission_is_asked_for_first",),
        (Change(f"{_OURS}/pages/rest.py", "    if not may_write:", "    if False:"),),
    ),
    Claim(
        "whoever has the role that ships",
        "reaches anything but the one collection",
        "The role has one setting, by which splunkd registers it, and no capability and no imported role",
        ("package/test_contents.py::test_the_role_that_ships_is_registered_by_a_setting_and_grants_nothing",),
        (Change("default/authorize.conf", "srchJobsQuota = 1", "search = enabled"),),
    ),
    Claim(
        "whoever names a stanza",
        "puts `../`, line ends, colons, 300 characters, or letters of other alphabets into a path, a realm, a conf, "
        "or a log",
        "A name has 1 to 64 letters, digits, `_`, and `-`. In names of files, the add-on writes `_` for anything "
        "else, and appends a hash. It writes values without line ends",
        (
            "unit/splunk/test_hostile_content.py::test_a_hostile_name_of_a_stanza_is_refused_by_one_printable_sentence",
            "unit/splunk/test_hostile_content.py::"
            "test_a_hostile_name_that_got_past_that_would_still_be_one_folder_of_ours",
            f"{_PAGES}::test_no_line_end_gets_into_a_conf",
        ),
        (
            Change(
                f"{_OURS}/splunk/settings.py",
                'any(not (character.isalnum() or character in "_-") for character in name)',
                "False",
            ),
            Change(
                f"{_OURS}/store/folder.py",
                'each if each.isascii() and (each.isalnum() or each in "_.-") else "_"',
                "each",
            ),
        ),
    ),
    Claim(
        "whoever reads the disk",
        "finds secrets in confs, logs, checkpoints, or state files",
        "The add-on writes none there. Every scene of the tests ends with a search for them, in plain, URL, base64, "
        "and repr forms. The add-on's folders are 0700, and its files 0600, the log too",
        (
            "integration/test_leaks.py::test_a_run_with_every_kind_of_trouble_writes_no_secret",
            "integration/test_private.py::test_folders_of_ours_are_for_their_owner_only_and_so_are_the_files",
        ),
        (
            Change(
                f"{_OURS}/splunk/private_file.py",
                "    try:\n        descriptor = os.open(temporary, flags, 0o600)",
                "    try:\n        descriptor = os.open(temporary, flags, 0o666)",
            ),
            Change(
                f"{_OURS}/splunk/private_file.py",
                "folder.mkdir(mode=0o700, parents=True, exist_ok=True)",
                "folder.mkdir(parents=True, exist_ok=True)\n    return",
            ),
            Change(
                f"{_OURS}/falcon/auth.py",
                "        answer = self._post_token(form)\n        home = self._home_by(answer)\n",
                "        answer = self._post_token(form)\n"
                '        __import__("logging").getLogger("falcon_streams").warning("asked", form)\n'
                "        home = self._home_by(answer)\n",
            ),
            Change(
                f"{_OURS}/splunk/splunkd.py",
                "        self._session_key = session_key\n",
                "        self._session_key = session_key\n"
                '        __import__("logging").getLogger("falcon_streams").warning("asked", {"key": session_key})\n',
            ),
        ),
    ),
    Claim(
        "whoever could write to that disk before the add-on",
        "leaves a folder 0777, a log 0666, or a link in the place of a file that the add-on is about to write",
        "The add-on tightens folders and logs, and the log says so (`rights_tightened`). It makes files anew, never "
        "through a link (`leftover_removed`), and refuses a log that is a link",
        (
            "unit/splunk/test_private_file.py::test_a_folder_that_others_may_use_is_tightened_and_that_is_said_once",
            "unit/splunk/test_private_file.py::test_a_planted_link_is_not_written_through",
            "unit/splunk/test_private_file.py::test_logs_that_others_may_read_are_tightened_the_rotated_too",
            "unit/splunk/test_private_file.py::test_a_log_that_is_a_link_is_refused",
        ),
        (
            Change(f"{_OURS}/splunk/private_file.py", "os.chmod(path, mode & ~_OTHERS)", "pass"),
            Change(
                f"{_OURS}/splunk/private_file.py",
                "os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_LINK",
                "os.O_WRONLY | os.O_CREAT",
            ),
            Change(
                f"{_OURS}/splunk/logs.py",
                "return os.open(path, flags | NO_LINK, 0o600)",
                "return os.open(path, flags, 0o600)",
            ),
        ),
    ),
    Claim(
        "whoever reads a crash's output",
        "finds secrets in a traceback",
        "The log has only the kind and the place of an unexpected error, never its text",
        (
            "unit/splunk/test_logs.py::test_an_unexpected_error_is_told_by_kind_and_place_never_by_its_text",
            "unit/splunk/test_logs.py::test_the_pages_process_tells_the_place_of_a_fault_and_not_its_text",
            "integration/test_private.py::test_a_crash_tells_its_kind_and_place_and_no_secret",
        ),
        (
            Change(f"{_OURS}/splunk/logs.py", '{"exception": type(error).__name__,', '{"exception": repr(error),'),
            Change(f"{_OURS}/splunk/logs.py", "    ours.handlers = [handler]\n", ""),
        ),
    ),
    Claim(
        "whoever looks at `ps`",
        "finds a secret among the arguments or in the environment",
        "The add-on passes nothing by either. splunkd hands the session key over on stdin",
        ("integration/test_private.py::test_ps_shows_no_secret_of_a_running_input",),
        (
            Change(
                "bin/falcon_event_streams.py",
                "    leave(app.main(",
                '    if "TOLD" not in os.environ and not sys.argv[1:]:\n'
                "        told, (end, start) = sys.stdin.buffer.read(), os.pipe()\n"
                "        os.write(start, told)\n"
                "        os.close(start)\n"
                "        os.dup2(end, 0)\n"
                '        key = told.partition(b"<session_key>")[2].partition(b"<")[0].decode()\n'
                '        os.execve(sys.executable, [sys.executable, __file__], {**os.environ, "TOLD": key})\n'
                "    leave(app.main(",
            ),
        ),
    ),
    Claim(
        "another tenant behind the same stanza",
        "has its events read under the first one's offsets",
        "The input compares the customer of the first events with those of the checkpoint",
        (
            "integration/test_whose_stream.py::"
            "test_another_tenant_behind_the_same_stanza_is_refused_before_an_event_is_indexed",
        ),
        (
            Change(
                f"{_OURS}/core/resume.py",
                "if self.customers and event.customer and event.customer not in self.customers:",
                "if False:",
            ),
        ),
    ),
    Claim(
        "a stranger on splunkd's management port",
        "answers with a certificate of their own",
        "The add-on verifies the certificate, except at an address of this very machine (decision record 0002)",
        ("unit/splunk/test_splunkd.py::test_splunkd_is_verified_except_on_this_machine",),
        (Change(f"{_OURS}/splunk/splunkd.py", "make_local() if local else make_trust()", "make_local()"),),
    ),
    Claim(
        "a vendored library",
        "has a known hole",
        "Each library is pinned by hash in `lib/requirements.txt`, unpacked from what the registry has, and never "
        "committed. The bill of materials names it. [Advisories](#open-advisories-for-what-ships) are below",
        (
            "unit/tools/test_locks.py::test_every_library_that_ships_is_named_with_its_hash",
            "package/test_audit.py::test_planted_requests_are_found",
            "package/test_bill.py::test_it_names_exactly_the_libraries_that_ship_each_with_address_hash_and_licence",
        ),
        (Change("lib/requirements.txt", "urllib3==", "urllib3>="),),
    ),
    Claim(
        "a package in the pages' front end",
        "has a known hole",
        "UCC builds the front end, and it comes in UCC's wheel, which is pinned by hash. The bill of materials names "
        "each npm package of its licence list. UCC's maker chose and bundled those, and we hold no hash of each. "
        "`make audit` asks about them only if you give it files",
        (
            "package/test_bill.py::test_it_names_all_that_the_front_ends_licence_list_names",
            "package/test_audit.py::test_a_file_is_asked_for_the_front_end_too",
        ),
        (Change("tools/sbom.py", "return [_from_npm(package) for package in listed]", "return []"),),
    ),
    Claim(
        "whoever serves the package index, or stands in its way",
        "puts another file in the place of a library, of UCC or what it needs, or of pip, setuptools or uv",
        "pip takes nothing without a hash from a lock. It takes the package's builders as wheels only, out of a "
        "cache. UCC gets no list to install, and a pip that gets nothing. The first pip of an environment is the one "
        "that Python brings",
        (
            "unit/tools/test_environments.py::test_pip_gets_nothing_without_a_hash",
            "unit/tools/test_environments.py::test_what_builds_is_installed_from_fetched_wheels_and_no_index",
            "unit/tools/test_environments.py::test_pip_is_called_in_one_place_only",
            "unit/tools/test_environments.py::test_the_front_ends_builder_is_given_a_pip_that_gets_nothing",
            "unit/tools/test_locks.py::test_a_lock_pins_by_hash_and_names_no_host",
        ),
        (
            Change("tools/environments.py", 'verb, "--no-deps", "--require-hashes"]', 'verb, "--no-deps"]'),
            Change("tools/environments.py", 'options += ["--no-index", ', "options += ["),
        ),
    ),
    Claim(
        "whoever serves the package index when the package is built again",
        "has removed or changed files",
        "`make fetch` once; then the build needs no network and gives the same bytes",
        ("package/test_offline.py::test_it_is_built_from_the_cache_alone_to_the_same_bytes",),
        (
            Change(
                "tools/environments.py",
                "if stamp.exists() and stamp.read_text() == _digest(path):\n        return folder",
                "if False:\n        return folder",
            ),
        ),
    ),
)

CHECKPOINTS = (
    Claim(
        "whoever may write the collection",
        "moves an offset forward, so that detections are never read",
        "Each record has a seal under a key made of the account's secret, which the collection does not hold. If "
        'the seal does not fit, the log says `action=checkpoint_altered`, the alert "checkpoint altered" fires, and '
        "the input goes on at the last sealed place",
        (
            f"{_SHARED}::test_an_offset_that_was_moved_forward_is_not_gone_on_from",
            f"{_STORE}::test_a_record_that_was_changed_is_reported_and_its_events_come_all_the_same",
        ),
        (
            Change(
                f"{_OURS}/core/custody.py",
                "return isinstance(seal, str) and seal.isascii() and hmac.compare_digest(self.of(text), seal)",
                "return True",
            ),
        ),
    ),
    Claim(
        "whoever may write the collection",
        "removes a record, or puts an old one back under a higher generation",
        "A sealed manifest names the set of records, and for each partition a place before which everything was read "
        "(`core/custody.py`). A record counts only under the generation in its seal",
        (
            f"{_SHARED}::test_a_record_that_is_missing_is_told_and_its_partition_goes_on_at_its_landmark",
            f"{_SHARED}::test_an_old_sealed_record_under_a_higher_generation_is_passed_over",
            f"{_SHARED}::test_an_old_sealed_record_in_the_place_of_the_newest_is_told_and_passed_over",
            f"{_STORE}::test_a_record_that_was_removed_is_reported_and_no_event_is_passed_over",
        ),
        (
            Change(
                f"{_OURS}/core/custody.py",
                "    if sealed:\n        return _by_manifest",
                "    if False:\n        return _by_manifest",
            ),
            Change(f"{_OURS}/core/custody.py", "each.generation == record.generation >= least", "True"),
        ),
    ),
    Claim(
        "whoever may write the collection",
        "removes the manifest too",
        "The claims say that there was a manifest. The input reads what has no record from the oldest event, and the "
        "log says so",
        (f"{_SHARED}::test_a_manifest_and_records_that_are_gone_although_a_claim_tells_of_them_are_told",),
        (Change(f"{_OURS}/store/shared.py", "promised > (0 if manifest is None else manifest.generation)", "False"),),
    ),
    Claim(
        "whoever may write the collection",
        "removes a child tenant's records together with the manifest that names them, or puts an older manifest, or "
        "that of another tenant, in its place",
        "A sealed roll names the partitions of all tenants (`core/roll.py`), and a manifest counts only for its tenant "
        "and under the generation of the roll. What is missed is read from the oldest event, and the log says so. The "
        "claims say that there was a roll",
        (
            f"{_TENANTS}::test_a_manifest_and_the_records_that_it_names_are_missed_together",
            f"{_TENANTS}::test_everything_of_the_tenants_that_is_gone_although_a_claim_tells_of_it_is_missed",
            "unit/core/test_roll.py::test_the_manifest_that_counts",
            "unit/core/test_roll.py::test_a_tenants_manifest_is_none_of_the_own_tenant_whatever_key_it_is_put_under",
        ),
        (
            Change(f"{_OURS}/core/roll.py", "for each in roll.tenants.get(tenant, frozenset())", "for each in ()"),
            Change(f"{_OURS}/core/roll.py", "if each.generation == roll.generation", "if True"),
            Change(f"{_OURS}/core/custody.py", 'f"manifest{tenant}\\0{text}"', 'f"manifest\\0{text}"'),
            Change(
                f"{_OURS}/store/tenant_documents.py", "promised > (0 if roll is None else roll.generation)", "False"
            ),
        ),
    ),
    Claim(
        "whoever may write the collection",
        "plants a document that makes no sense (a generation of 1e999, NaN, 10^400, 2^53; a claim that reads something "
        "else; a record that is none), so that inputs end or wait for good",
        "The input ignores what no holder can have written, says so (`document_refused`), and sets it aside as a "
        "document of kind `aside`. It waits out a claim that nobody confirms",
        (
            f"{_SHARED}::test_a_forged_generation_neither_ends_the_input_nor_keeps_it_waiting",
            f"{_SHARED}::test_a_claim_of_a_generation_that_nobody_came_to_is_told_once_and_set_aside",
            f"{_SHARED}::test_a_claim_whose_document_was_spoilt_still_keeps_its_generation",
            f"{_SHARED}::test_another_reads_that_nobody_confirms_is_waited_out",
            f"{_SHARED}::test_a_record_that_makes_no_sense_is_passed_over_and_set_aside",
            f"{_STORE}::test_a_forged_claim_keeps_nobody_from_reading",
        ),
        (
            Change(f"{_OURS}/store/document.py", " or not 0 <= value < 2**53", ""),
            Change(
                f"{_OURS}/store/shared.py", "if each is not None and each.generation <= most", "if each is not None"
            ),
            Change(
                f"{_OURS}/core/claim.py",
                "alive = newest is not None and self._newest_lives and",
                "alive = newest is not None and",
            ),
        ),
    ),
    Claim(
        "a proxy, a captive portal, anything else that answers as the store",
        'answers with an empty body, a page, or a redirect, to be read as "no documents"',
        "Only status 200 with a list of objects is an answer to a question, and only the written keys are one to a "
        "write. The input tries anything else again",
        (
            "unit/store/test_kvstore.py::test_what_is_no_answer_of_a_kv_store_is_tried_again",
            "unit/store/test_kvstore.py::test_a_write_is_answered_by_the_keys_that_were_written",
        ),
        (
            Change(f"{_OURS}/store/kvstore.py", "if answer.status not in _ANSWERS[method]:", "if False:"),
            Change(
                f"{_OURS}/store/kvstore.py", "body=json.dumps(body)) != expected:", "body=json.dumps(body)) is None:"
            ),
        ),
    ),
    Claim(
        "whoever may write the collection",
        "plants a record as that to which an admin's undo goes back, so that the page makes a seal for it",
        "The history of an admin's changes has a seal of its own. What does not bear it is reported and not undone. "
        "The records of a caller who cannot check the seals are shown, and cannot be exported",
        (
            "unit/store/test_stopped_input.py::test_a_history_that_does_not_bear_our_seal_is_not_used",
            "unit/pages/test_offset_collection.py::test_what_a_caller_sees_without_the_secret_is_not_exported",
        ),
        (
            Change(
                f"{_OURS}/store/history_documents.py",
                'if self._seal.fits(_sealed(text), document.get("seal")):',
                "if True:",
            ),
            Change(
                f"{_OURS}/pages/offset_collection.py", "if with_document and not shown.faults:", "if with_document:"
            ),
        ),
    ),
    Claim(
        "an admin",
        "changes an offset while the input reads, here or on another forwarder, so that one commits over the other",
        "A change takes the lock of the input's folder and, for the KV store, the claim, as a run does. Whoever has "
        "lost the claim meanwhile writes nothing",
        (
            "unit/store/test_stopped_input.py::"
            "test_an_input_that_runs_on_this_machine_is_refused_and_all_is_given_back",
            "unit/store/test_stopped_input.py::test_a_claim_that_another_forwarder_confirms_is_never_taken",
            "unit/store/test_stopped_input.py::test_whoever_keeps_the_claim_too_long_writes_no_more",
            "unit/store/test_stopped_input.py::test_a_file_system_without_locks_leaves_the_state_file_to_tell",
        ),
        (
            Change(f"{_OURS}/store/stopped_input.py", "        if holder:\n", "        if False:\n"),
            Change(f"{_OURS}/store/stopped_input.py", "if not self._holds():", "if False:"),
            Change(f"{_OURS}/store/stopped_input.py", "not lock.is_held and", "False and"),
        ),
    ),
    Claim(
        "an admin",
        "sets an offset forward, so that events are left out and nobody knows why",
        "What a change can leave out is said before, and needs a reason. The reason, the user, and both places are in "
        "the log (`offset_changed`), and the last ten changes can be undone",
        (
            "unit/core/test_offset_change.py::test_nothing_that_was_not_read_is_left_out_without_a_word",
            "unit/pages/test_offset_collection.py::"
            "test_what_makes_no_sense_or_leaves_events_out_without_a_reason_changes_nothing",
            "unit/pages/test_offset_collection.py::test_the_log_says_who_changed_what_from_where_to_where_and_why",
        ),
        (
            Change(f"{_OURS}/pages/offset_collection.py", "if skips and not why:", "if False:"),
            Change(f"{_OURS}/core/offset_change.py", "if count > 0 else", "if False else"),
        ),
    ),
    Claim(
        "whoever may write the collection",
        "takes the fingerprint away, so that nothing can be compared",
        "The input refuses a record that has an offset and no fingerprint",
        ("unit/core/test_record.py::test_an_offset_that_could_not_be_verified_is_unreadable",),
        (Change(f"{_OURS}/core/record.py", "if (offset is None) != (mark is None):", "if False:"),),
    ),
    Claim(
        "whoever has a forwarder's token",
        "uses it elsewhere",
        "Its user has one role, which may read and write one collection and has no capability. TLS is verified. You "
        "can disable the token and enter a new one while inputs run",
        (
            "package/test_contents.py::test_the_role_that_ships_is_registered_by_a_setting_and_grants_nothing",
            "security/test_token.py::test_the_role_of_a_token_has_one_collection",
            "security/test_token.py::test_a_token_reads_and_writes_checkpoints_and_nothing_else",
            f"{_STORE}::test_a_token_that_ends_stops_the_commits_and_a_new_one_brings_them_back",
        ),
        (
            Change(
                "default/authorize.conf",
                "srchJobsQuota = 1",
                "srchJobsQuota = 1\nlist_storage_passwords = enabled",
            ),
            Change(
                "metadata/default.meta",
                "[]\naccess = read : [ * ], write : [ admin, sc_admin ]",
                "[]\naccess = read : [ * ], write : [ admin, sc_admin, falcon_event_streams_checkpoint ]",
            ),
        ),
    ),
    Claim(
        "man in the middle on the way to the store",
        "reads or changes records",
        "https only, verified against the public CAs and `ca_bundle`. Nobody can switch that off",
        (f"{_STORE}::test_a_store_is_tried_when_an_input_is_made_and_never_spoken_to_behind_an_unknown_ca",),
        (
            Change(
                f"{_OURS}/store/kvstore.py",
                'trust = make_trust(ca_bundle or "", "[checkpoint] ca_bundle")',
                'trust = make_trust(ca_bundle or "", "[checkpoint] ca_bundle")\n'
                "    trust.check_hostname = False\n    trust.verify_mode = ssl.CERT_NONE",
            ),
        ),
    ),
)

TABLES: Dict[str, Tuple[Claim, ...]] = {"threats": THREATS, "checkpoints": CHECKPOINTS}

RISKS = (
    Risk(
        "whoever may write the collection",
        "puts back an older record of the same generation",
        "events come again, none is lost. A seal over contents would cost each commit a write for all partitions",
    ),
    Risk(
        "whoever may write the collection",
        "removes all documents of the input, claims included",
        "that is how an admin begins anew by `start_from`",
    ),
    Risk(
        "whoever may write the collection",
        "claims the input and never reads",
        "every forwarder shows `standby`, and `action=state_changed state=standby` names the holder; no alert fires "
        "for a standby, so watch that one forwarder is `running`",
    ),
)
