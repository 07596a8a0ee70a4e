/* A cell of the Inputs table: a link that opens the form of a new input, filled in to replay the last full hour of this
 * one. The admin sees and changes the fields, start_from and stop_at among them, before anything is saved.
 */
const HOUR = 3600000;
const SAME = ["account", "index", "event_types", "exclude_event_types", "partitions", "checkpoint_store"];

export default class ReplayLink {
    constructor(globalConfig, serviceName, el, row) {
        this.serviceName = serviceName;
        this.el = el;
        this.row = row;
    }

    render() {
        const end = Math.floor(Date.now() / HOUR) * HOUR;
        const link = document.createElement("a");
        link.href = "?" + new URLSearchParams({
            service: this.serviceName,
            action: "create",
            name: `${this.row.name}_replay`.slice(-64),
            ...Object.fromEntries(SAME.filter((field) => this.row[field]).map((field) => [field, this.row[field]])),
            start_from: isoTime(end - HOUR),
            stop_at: isoTime(end),
        });
        link.textContent = "Replay an hour";
        link.style.color = "inherit"; // the theme's, not the browser's
        this.el.replaceChildren(link);
        return this.el;
    }
}

function isoTime(millis) {
    return new Date(millis).toISOString().replace(".000Z", "Z");
}
