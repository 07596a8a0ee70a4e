/* The tab "Doctor" of the Configuration page: one button, and what the doctor finds, in its order.
 *
 * Rules: nothing is asked before the button is pressed. The findings are text; what they say to do stands first.
 */
import { begin, button, call, make, table } from "./frame.js";

const LOOK = `
    .fes .result { white-space: nowrap; }
    .fes .problem { font-weight: bold; }
    .fes td:nth-child(2) { min-width: 150px; }
    .fes td:nth-child(3) { min-width: 100px; }
`;
const MARKS = { ok: "\u2713 ok", problem: "\u2717 problem", "not checked": "\u2013 not checked" };
const COLUMNS = [
    ["Result", (row) => make("span", MARKS[row.result] ?? row.result, { className: `result ${row.result}` })],
    ["Check", (row) => row.check],
    ["Of", (row) => row.about],
    ["What it says", (row) => row.sentence],
];

export default class DoctorTab {
    constructor(tab, el) {
        this.el = el;
    }

    render() {
        const description =
            "Checks everything from Python to the events in the index, in about ten seconds. It opens no feed and " +
            "changes nothing. What you may not read is not checked.";
        const { body, say } = begin(this.el, "Doctor", description);
        const findings = make("div");
        const examine = async () => {
            findings.replaceChildren();
            say("Checking. This takes up to 25 seconds.");
            try {
                const rows = await call("GET", "falcon_event_streams_doctor");
                findings.replaceChildren(table(COLUMNS, rows));
                say(verdict(rows));
            } catch (error) {
                say(error.message);
            }
        };
        body.append(make("style", LOOK), button("Check now", examine), findings);
    }
}

function verdict(rows) {
    const problems = rows.filter((row) => row.result === "problem");
    if (problems.length) {
        const [{ check, about, sentence }] = problems;
        const first = about ? `${check} of ${about}` : check;
        return `${problems.length} of ${rows.length} checks found a problem. Begin with this one. ${first}: ${sentence}`;
    }
    const left = rows.filter((row) => row.result === "not checked").length;
    return left ? `No problem found; ${left} of ${rows.length} checks were not made.` : "Everything is in order.";
}
