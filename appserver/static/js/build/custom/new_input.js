/* A hook of UCC's input form: what a new input's form holds when it opens.
 *
 * The app ID is one that nobody uses yet. Falcon gives the streams of an app ID to one reader only, so two inputs must
 * never share one. Ten random letters and digits after "splunk" are valid (1 to 32 of a-z, A-Z, 0-9) and as good as
 * unique in a tenant; the admin may change it.
 *
 * A link fills the other fields in: inputs?service=input&action=create&account=prod&start_from=... UCC's page opens the
 * form for such a link, and takes `action` out of the address when the form closes. Only the fields in FROM_LINK are
 * taken, as texts that the admin sees before anything is saved.
 */
import Refusal from "./refusal.js";

const LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";
const FROM_LINK = [
    "name", "account", "index", "start_from", "stop_at",
    "event_types", "exclude_event_types", "partitions", "checkpoint_store",
];

export default class NewInput extends Refusal {
    constructor(globalConfig, serviceName, state, mode, util) {
        super();
        this.mode = mode;
        this.util = util;
    }

    onCreate() {
        if (this.mode !== "create" && this.mode !== "clone") {
            return;
        }
        const values = { app_id: newAppId(), ...(this.mode === "create" ? fromLink() : {}) };
        this.util.setState((former) => {
            const data = { ...former.data };
            for (const [field, value] of Object.entries(values)) {
                data[field] = { ...data[field], value };
            }
            return { data };
        });
    }
}

function newAppId() {
    const random = crypto.getRandomValues(new Uint8Array(10));
    return "splunk" + Array.from(random, (byte) => LETTERS[byte % LETTERS.length]).join("");
}

function fromLink() {
    const link = new URLSearchParams(window.location.search);
    const fields = link.get("action") === "create" ? FROM_LINK.filter((field) => link.get(field)) : [];
    return Object.fromEntries(fields.map((field) => [field, link.get(field)]));
}
