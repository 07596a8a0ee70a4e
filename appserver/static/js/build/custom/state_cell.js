/* A cell of the Inputs table: what an input does, as a mark, a word, and a sentence.
 *
 * Rules: shape and word tell the state, not colour alone, and each colour stands out in both themes. All cells of the
 * page share one question every ten seconds, so the table follows the inputs without being loaded again. Nobody asks
 * while nobody looks. What an input says becomes text, never markup.
 */
import { call, make } from "./frame.js";

const EVERY = 10000;
const GREEN = "#2b9e44", BLUE = "#3a87d6", AMBER = "#b3730b", RED = "#d94a3a", GREY = "#808a94";
const STATES = {
    running: ["\u25cf", GREEN, "Running"],
    catching_up: ["\u25d0", BLUE, "Catching up"],
    standby: ["\u25cb", GREY, "Standby"],
    waiting_app_id: ["\u25c6", AMBER, "Waiting for the app ID"],
    error: ["\u25b2", RED, "Error"],
    starting: ["\u25c6", AMBER, "Starting"],
    not_running: ["\u25b2", RED, "Not running"],
    finished: ["\u25cb", GREY, "Finished"],
    disabled: ["\u25cb", GREY, "Disabled"],
};
const cells = new Map();
let timer;

export default class StateCell {
    constructor(globalConfig, serviceName, el, row) {
        this.el = el;
        this.row = row;
    }

    render() {
        cells.set(this.row.name, this);
        this.show(this.row);
        timer ??= setInterval(follow, EVERY);
        return this.el;
    }

    show(row) {
        this.row = row; // the page renders its cells again whenever it likes
        const [mark, colour, word] = STATES[row.state] ?? ["\u25c6", AMBER, row.state];
        const sign = make("span", `${mark}\u00a0`, { ariaHidden: "true" });
        sign.style.color = colour;
        const sentence = make("div", sentenceOf(row));
        sentence.style.cssText = "font-size: 12px; overflow-wrap: anywhere; min-width: 200px; max-width: 420px;";
        this.el.replaceChildren(make("div", [sign, word]), sentence, ...linkOf(row));
    }
}

function sentenceOf(row) {
    if (row.trouble && row.trouble !== "none") {
        return row.trouble;
    }
    return ["running", "catching_up"].includes(row.state) && row.progress !== "-" ? row.progress : "";
}

/** Of many tenants, the row has room for the worst; their tab has all of them. */
function linkOf(row) {
    if (!row.tenants || row.tenants === "own") {
        return [];
    }
    const link = make("a", "Show tenants", { href: "configuration?tab=tenants" });
    link.style.cssText = "color: inherit; font-size: 12px;"; // the theme's, not the browser's
    return [link];
}

async function follow() {
    for (const [name, cell] of cells) {
        if (!cell.el.isConnected) {
            cells.delete(name);
        }
    }
    if (document.hidden || cells.size === 0) {
        return;
    }
    const rows = await call("GET", "falcon_event_streams_input").catch(() => []);
    rows.forEach((row) => cells.get(row.name)?.show(row));
}
