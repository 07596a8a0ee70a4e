/* What the tabs of our own share: calls of this add-on's endpoints, and tables and buttons in the page's look.
 *
 * Rules: what an endpoint answers becomes text, never markup. A call has the session of the person before the screen,
 * through splunkweb. A refusal is shown with the endpoint's own sentence.
 */
const LOCALE = window.location.pathname.split("/")[1] || "en-US";
const BASE = `/${LOCALE}/splunkd/__raw/servicesNS/nobody/TA_falcon_event_streams/`;
const LOOK = `
    .fes { max-width: 1200px; padding: 16px 0; font-size: 14px; line-height: 20px; }
    .fes table { border-collapse: collapse; width: 100%; margin: 16px 0; }
    .fes th, .fes td { text-align: left; vertical-align: top; padding: 6px 12px 6px 0; border-bottom: 1px solid rgba(128, 128, 128, 0.4); overflow-wrap: anywhere; }
    .fes button { font: inherit; color: inherit; background: transparent; border: 1px solid rgba(128, 128, 128, 0.8); border-radius: 3px; padding: 5px 14px; margin: 0 8px 0 0; cursor: pointer; }
    .fes button:hover:enabled { background: rgba(128, 128, 128, 0.2); }
    .fes button:disabled { opacity: 0.5; cursor: default; }
    .fes button:focus-visible { outline: 2px solid currentColor; outline-offset: 2px; }
    .fes label { display: inline-block; margin: 0 16px 8px 0; }
    .fes input, .fes select { font: inherit; color: inherit; background: transparent; border: 1px solid rgba(128, 128, 128, 0.8); border-radius: 3px; padding: 5px 8px; margin-left: 8px; }
    .fes option { color: black; background: white; }
    .fes .notice { border-left: 4px solid currentColor; padding: 4px 12px; margin: 12px 0; }
`;

/** An element with a text, or with children; `attributes` are properties of the element. */
export function make(tag, content = "", attributes = {}) {
    const element = Object.assign(document.createElement(tag), attributes);
    element.append(...(Array.isArray(content) ? content : [content]));
    return element;
}

/** Our part of the page, empty, and a place for sentences that screen readers speak. */
export function begin(tab, title, description) {
    const notice = make("div", "", { role: "status" });
    const body = make("div");
    const heading = [make("style", LOOK), make("h2", title), make("p", description)];
    tab.replaceChildren(make("div", [...heading, notice, body], { className: "fes" }));
    const say = (sentence) => notice.replaceChildren(...(sentence ? [make("div", sentence, { className: "notice" })] : []));
    return { body, say };
}

/** A table: `columns` are pairs of a label and a function from a row to a text or an element. */
export function table(columns, rows) {
    const head = make("tr", columns.map(([label]) => make("th", label, { scope: "col" })));
    const lines = rows.map((row) => make("tr", columns.map(([, cell]) => make("td", cell(row) ?? ""))));
    return make("table", [make("thead", [head]), make("tbody", lines)]);
}

/** A button that is disabled while its act runs. */
export function button(label, act) {
    const element = make("button", label, { type: "button" });
    element.addEventListener("click", async () => {
        element.disabled = true;
        try {
            await act();
        } finally {
            element.disabled = false;
        }
    });
    return element;
}

/** Call an endpoint: the objects of its answer, `{name, ...content}`. Throws an Error with the endpoint's sentence. */
export async function call(method, endpoint, name = "", form = {}) {
    const path = name ? `${endpoint}/${encodeURIComponent(name)}` : endpoint;
    const token = document.cookie.match(/(?:^|; )splunkweb_csrf_token_\d+=([^;]+)/);
    const headers = { "X-Requested-With": "XMLHttpRequest", ...(token && { "X-Splunk-Form-Key": token[1] }) };
    const body = method === "GET" ? undefined : new URLSearchParams(form);
    const answer = await fetch(`${BASE}${path}?output_mode=json&count=0`, { method, headers, body });
    const tree = await answer.json().catch(() => ({}));
    if (!answer.ok) {
        const said = (tree.messages ?? []).map((each) => each.text).join(" ");
        throw new Error(said || `Splunk answered ${answer.status}. Load the page again.`);
    }
    return tree.entry.map((entry) => ({ name: entry.name, ...entry.content }));
}
