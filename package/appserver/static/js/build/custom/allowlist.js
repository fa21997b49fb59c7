/* The Allowlist tab: who may do what, until when, and on whose word. UCC makes one object when the tab is shown.

Every rule about entries lives behind the endpoint; this page shows what it says. Text from entries is only ever set as text. */

const ENDPOINT = "m365_mail_threats_allowlist";
const APP = "m365_mail_threats";
const STATES = { holds: "holds", later: "begins later", ended: "ended", refused: "never matches" };
const COLOURS = { holds: "#1a7f37", later: "#0b5cad", ended: "#6b7280", refused: "#c2233b" };
/* Heading and width of each column: fixed, so that a long text of one entry takes nothing from the others. */
const COLUMNS = [["State", "14%"], ["Class", "8%"], ["What it matches", "19%"], ["For", "11%"], ["Valid", "13%"], ["Owner, ticket", "11%"],
    ["Reason", ""], ["", "140px"]];
const PAGE = 100;
const MATCHED = ["account", "source", "app_id", "process_path", "signer", "host"];
const FIELDS = [
    ["class", "Class", ""],
    ["detection", "Detection or technique", "A detection's name or a technique such as T1114.002, several with commas. Empty: every detection."],
    ["account", "Account", "user@contoso.com or CONTOSO\\name; * stays within one label."],
    ["source", "Source", "Address, CIDR block or range first-last; at most a /16, IPv6 a /32."],
    ["app_id", "Application ID", ""],
    ["process_path", "Process path", "* for any characters."],
    ["signer", "Signer", "Signer of the program, where the log has it."],
    ["host", "Host", "Short or full name; * within a label."],
    ["hours", "Hours", "HH:MM-HH:MM, may pass midnight."],
    ["timezone", "Time zone of the hours", "Such as Europe/Amsterdam; UTC when empty."],
    ["valid_from", "Valid from", "2026-03-01T08:00:00Z, or with +01:00 for Z."],
    ["valid_until", "Valid until", ""],
    ["cap", "Cap", "Names (enumeration) or mailboxes (mail) within an hour above which the entry no longer holds."],
    ["entry_owner", "Owner", "User principal name of who answers for it."],
    ["ticket", "Ticket", "Where it was decided."],
    ["reason", "Reason", "Why it is needed."],
];
/* Which column says what a finding is about, by its entity_type; the others (a list of sources) have no column of their own. */
const ENTITY_COLUMNS = { user: "account", address: "source", app: "app_id", system: "host" };
const PROPOSED_DAYS = 30;
const STYLE = `
.mt-allow { padding: 16px 0; font-size: 14px; line-height: 20px; }
.mt-allow .bar { display: flex; gap: 8px; align-items: center; flex-wrap: wrap; margin-bottom: 12px; }
.mt-allow .bar input { flex: 1 1 240px; }
.mt-allow button { padding: 6px 14px; cursor: pointer; }
.mt-allow input, .mt-allow select, .mt-allow textarea { padding: 5px 8px; font: inherit; box-sizing: border-box; }
.mt-allow table { width: 100%; border-collapse: collapse; table-layout: fixed; }
.mt-allow th, .mt-allow td { text-align: left; vertical-align: top; padding: 6px 8px; border-bottom: 1px solid rgba(128,128,128,.35); overflow-wrap: anywhere; }
.mt-allow th { box-sizing: border-box; } .mt-allow td button { margin: 0 6px 6px 0; } .mt-allow td.acts { white-space: nowrap; }
.mt-allow button:focus-visible, .mt-allow :is(input, select, textarea):focus-visible { outline: 2px solid #0b5cad; outline-offset: 1px; }
.mt-allow .small { font-size: 12px; opacity: .8; }
.mt-allow .bad { color: #c2233b; }
.mt-allow .panel { border: 1px solid rgba(128,128,128,.5); border-radius: 4px; padding: 16px; margin-bottom: 16px; }
.mt-allow .grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(300px, 1fr)); gap: 12px 16px; }
.mt-allow label { display: block; font-weight: 600; } .mt-allow label > * { display: block; width: 100%; font-weight: 400; }
.mt-allow h3 { margin: 0 0 12px; font-size: 16px; }
`;

export default class AllowlistTab {
    constructor(tab, el) {
        this.el = el;
        this.told = null;
        this.filter = "";
        this.state = "";
        this.first = 0;
    }

    render() {
        this.note = element("div", { role: "status" });
        this.panel = element("div");
        this.list = element("div");
        this.bar = element("div", { className: "bar" });
        const style = element("style", {}, STYLE);
        this.el.replaceChildren(element("div", { className: "mt-allow" }, style, this.bar, this.note, this.panel, this.list));
        this.reload();
        return this;
    }

    async reload() {
        try {
            this.told = await ask("entries");
            this.note.replaceChildren();
        } catch (error) {
            this.say(error.message, true);
            return;
        }
        this.showBar();
        this.showList();
        if (this.told.notice) {
            this.say(this.told.notice, true);
        }
        const given = fromAFinding();
        if (given && this.told.may_edit) {
            this.showForm(null, given);
            this.say("Filled in from a finding. Check it and add what is missing; nothing is saved before you press Save.");
        }
    }

    say(text, bad = false) {
        this.note.replaceChildren(element("p", { className: bad ? "bad" : "" }, text));
    }

    showBar() {
        const filter = element("input", { type: "search", placeholder: "Filter", value: this.filter });
        filter.setAttribute("aria-label", "Filter entries");
        filter.addEventListener("input", () => { this.filter = filter.value.toLowerCase(); this.turnTo(0); });
        const state = element("select", {}, element("option", { value: "" }, "All states"),
            ...Object.entries(STATES).map(([value, label]) => element("option", { value }, label)));
        state.setAttribute("aria-label", "State");
        state.value = this.state;
        state.addEventListener("change", () => { this.state = state.value; this.turnTo(0); });
        const add = button("Add entry", () => this.showForm(null));
        const load = button("Import CSV", () => this.showImport());
        this.bar.replaceChildren(filter, state, ...(this.told.may_edit ? [add, load] : []));
        if (!this.told.may_edit) {
            this.say("You may look. To change entries, a role with edit_mail_threats_allowlist is needed (mail_threats_admin).");
        }
    }

    turnTo(first) {
        this.first = first;
        this.showList();
    }

    showList() {
        const shown = this.told.entries.filter((entry) => (!this.state || entry.state === this.state)
            && (!this.filter || Object.values(entry).join("\n").toLowerCase().includes(this.filter)));
        // What was ended or filtered out may have been the whole last page.
        this.first = Math.max(0, Math.min(this.first, Math.floor((shown.length - 1) / PAGE) * PAGE));
        const rows = shown.slice(this.first, this.first + PAGE).map((entry) => this.row(entry));
        const heads = COLUMNS.map(([head, width]) => {
            const made = element("th", { scope: "col" }, head);
            made.style.width = width;
            return made;
        });
        this.list.replaceChildren(this.pages(shown.length),
            element("table", {}, element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows)));
    }

    pages(count) {
        const all = this.told.entries.length;
        const filtered = count === all ? "" : `, ${all} in all`;
        const last = Math.min(this.first + PAGE, count);
        const words = count > PAGE ? `${this.first + 1} to ${last} of ${count} entries${filtered}` : `${count} of ${all} entries`;
        const bar = element("div", { className: "bar" }, element("span", { className: "small" }, words));
        bar.firstChild.setAttribute("aria-live", "polite");
        if (count > PAGE) {
            const turns = [["Previous", this.first - PAGE], ["Next", this.first + PAGE]];
            bar.append(...turns.map(([label, first]) => {
                const made = button(label, () => {
                    this.turnTo(first);
                    // The button was drawn anew: who uses the keyboard stays on it, or on the other one at an end.
                    const again = [...this.list.querySelectorAll(".bar button")];
                    (again.find((other) => other.innerText === label && !other.disabled) || again.find((other) => !other.disabled)).focus();
                });
                made.disabled = first < 0 || first >= count;
                return made;
            }));
        }
        return bar;
    }

    row(entry) {
        const state = element("strong", {}, STATES[entry.state]);
        state.style.color = COLOURS[entry.state];
        const owed = [entry.problem, ...entry.debts].filter(Boolean).map((text) => element("div", { className: "small bad" }, text));
        const named = `${entry.class || ""} ${entry.ticket || ""} ${MATCHED.map((name) => entry[name]).filter(Boolean).join(" ")}`;
        const limits = [entry.hours && `${entry.hours} ${entry.timezone || "UTC"}`, entry.cap && `at most ${entry.cap} an hour`];
        const actions = this.told.may_edit ? [
            button("Edit", () => this.showForm(entry), `Edit ${named}`),
            ...(entry.state === "ended" ? [] : [button("End", () => this.end(entry), `End ${named}`)]),
        ] : [];
        return element("tr", {},
            element("td", {}, state, ...owed),
            element("td", {}, entry.class || ""),
            element("td", {}, ...MATCHED.filter((name) => entry[name]).map((name) => element("div", {}, `${name} ${entry[name]}`))),
            element("td", {}, entry.detection || "every detection"),
            element("td", {}, element("div", {}, entry.valid_from || "any time"), element("div", {}, entry.valid_until || "no end"),
                ...limits.filter(Boolean).map((text) => element("div", { className: "small" }, text))),
            element("td", {}, element("div", {}, entry.entry_owner || ""), element("div", { className: "small" }, entry.ticket || "")),
            element("td", {}, entry.reason || "", element("div", { className: "small" }, madeBy(entry))),
            element("td", { className: "acts" }, ...actions));
    }

    showForm(entry, given = entry || {}) {
        const inputs = {};
        const fields = FIELDS.map(([name, label, help]) => {
            const input = name === "class"
                ? element("select", {}, ...this.told.classes.map((value) => element("option", { value }, `${value} (${this.told.lives[value]} days at most)`)))
                : element("input", { type: "text", maxLength: 1000 });
            input.name = name;
            input.value = given[name] || (name === "class" ? this.told.classes[0] : "");
            inputs[name] = input;
            return element("label", {}, label, input, element("span", { className: "small" }, help));
        });
        const problems = element("ul", { className: "bad", role: "alert" });
        const from = document.activeElement;
        const close = () => {
            this.panel.replaceChildren();
            if (from && from.isConnected) {
                from.focus();
            }
        };
        const values = () => Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.value]));
        const save = async () => {
            const body = entry ? { key: entry._key, etag: entry.etag, entry: values() } : { entry: values() };
            try {
                await ask(entry ? "edit" : "entries", body);
            } catch (error) {
                if (entry && error.status === 409) {
                    await this.showAsItIsNow(entry._key, values(), error.message);
                } else {
                    problems.replaceChildren(...(error.problems || [error.message]).map((text) => element("li", {}, text)));
                }
                return;
            }
            this.panel.replaceChildren();
            await this.reload();
            this.say(entry ? "The entry was saved." : "The entry was added.");
        };
        const check = async () => {
            try {
                const found = (await ask("check", { entry: values() })).problems;
                problems.replaceChildren(...(found.length ? found : ["Nothing is wrong with it."]).map((text) => element("li", {}, text)));
            } catch (error) {
                problems.replaceChildren(element("li", {}, error.message));
            }
        };
        const form = element("form", { className: "panel" }, element("h3", {}, entry ? "Edit entry" : "Add entry"),
            element("p", {}, "All that is filled in has to match together."),
            element("div", { className: "grid" }, ...fields), problems,
            element("div", { className: "bar" }, element("button", { type: "submit" }, "Save"), button("Check", check), button("Cancel", close)));
        form.addEventListener("submit", (event) => { event.preventDefault(); save(); });
        form.addEventListener("keydown", (event) => { if (event.key === "Escape") { close(); } });
        this.panel.replaceChildren(form);
        form.scrollIntoView({ block: "nearest" });
        inputs.class.focus();
    }

    /* Somebody else was faster: their entry's mark, and what was typed here. */
    async showAsItIsNow(key, typed, message) {
        await this.reload();
        const now = this.told.entries.find((other) => other._key === key);
        if (now) {
            this.showForm(now, typed);
        } else {
            this.panel.replaceChildren();
        }
        this.say(message, true);
    }

    async end(entry) {
        const what = MATCHED.filter((name) => entry[name]).map((name) => `${name} ${entry[name]}`).join(", ");
        if (!window.confirm(`End this entry now? What it covers is raised from here on.\n\n${what}`)) {
            return;
        }
        try {
            await ask("end", { key: entry._key, etag: entry.etag });
            await this.reload();
            this.say("The entry was ended.");
        } catch (error) {
            await this.reload();
            this.say(error.message, true);
        }
    }

    showImport() {
        const file = element("input", { type: "file", accept: ".csv,text/csv" });
        const text = element("textarea", { rows: 8, spellcheck: false });
        text.setAttribute("aria-label", "CSV");
        text.placeholder = this.told.file_columns.join(",");
        file.addEventListener("change", async () => { if (file.files[0]) { text.value = await file.files[0].text(); } });
        const result = element("div", { role: "alert" });
        const load = async (check) => {
            try {
                const told = await ask("import", { csv: text.value, check });
                if (check) {
                    result.replaceChildren(element("p", {}, `${told.checked} entries, and nothing is wrong with them.`));
                    return;
                }
                this.panel.replaceChildren();
                await this.reload();
                this.say(`${told.loaded} entries were loaded.`);
            } catch (error) {
                const lines = (error.lines || []).slice(0, 200).map((bad) => element("li", {}, `line ${bad.line}: ${bad.reason}`));
                result.replaceChildren(element("p", { className: "bad" }, error.message), element("ul", { className: "bad" }, ...lines));
            }
        };
        text.style.width = "100%";
        this.panel.replaceChildren(element("div", { className: "panel" }, element("h3", {}, "Import CSV"),
            element("p", {}, "The columns of an entry, with owner for its owner. All lines are loaded, or none."),
            element("div", { className: "bar" }, file), text, result,
            element("div", { className: "bar" }, button("Load", () => load(false)), button("Check", () => load(true)),
                button("Cancel", () => this.panel.replaceChildren()))));
    }
}

/* What a finding's menu put into the address, once: an entry to complete. It is text from events, so it only ever becomes the value of
   a field. */
function fromAFinding() {
    const address = new URL(window.location.href);
    const taken = (name) => {
        const value = (address.searchParams.get(name) || "").slice(0, 1000);
        address.searchParams.delete(name);
        return value;
    };
    const [detection, type, entity] = ["allow_detection", "allow_type", "allow_entity"].map(taken);
    if (!entity) {
        return null;
    }
    window.history.replaceState(window.history.state, "", address);
    const second = (time) => new Date(time).toISOString().replace(/\.\d+Z$/, "Z");
    const column = Object.hasOwn(ENTITY_COLUMNS, type) ? { [ENTITY_COLUMNS[type]]: entity } : {};
    const now = Date.now();
    return { detection, ...column, valid_from: second(now), valid_until: second(now + PROPOSED_DAYS * 86400000) };
}

function madeBy(entry) {
    const made = entry.created_by ? `added by ${entry.created_by}, ${entry.created_at || ""}` : "";
    return entry.updated_by ? `${made}${made && "; "}changed by ${entry.updated_by}, ${entry.updated_at || ""}` : made;
}

/* Asks the endpoint through Splunk Web; a refusal is thrown with its words, and with problems or lines where it has them. */
async function ask(action, body) {
    const root = window.location.pathname.split("/app/")[0];
    const headers = { "X-Requested-With": "XMLHttpRequest" };
    const options = { method: "GET", credentials: "same-origin", headers };
    if (body !== undefined) {
        options.method = "POST";
        options.body = JSON.stringify(body);
        Object.assign(headers, { "Content-Type": "application/json", "X-Splunk-Form-Key": formKey() });
    }
    const response = await fetch(`${root}/splunkd/__raw/servicesNS/nobody/${APP}/${ENDPOINT}/${action}?output_mode=json`, options);
    let told = {};
    try {
        told = await response.json();
    } catch (error) {
        // What is no JSON comes from a proxy or from Splunk Web; its status says enough.
    }
    if (response.ok) {
        return told;
    }
    const words = told.messages && told.messages[0] ? told.messages[0].text : "";
    const refused = response.status === 403 ? "Your role may not do this: it needs list_mail_threats_allowlist to look, edit_mail_threats_allowlist to change." : "";
    throw Object.assign(new Error(refused || words || `Splunk answered with status ${response.status}.`),
        { status: response.status, problems: told.problems, lines: told.lines });
}

/* Splunk Web's token against forged requests, which every POST repeats. */
function formKey() {
    const found = document.cookie.match(/(?:^|;\s*)splunkweb_csrf_token_\d+=([^;]*)/);
    return found ? decodeURIComponent(found[1]) : "";
}

/* `said` is what is read out where the text alone would not tell one button from its neighbours. */
function button(text, act, said) {
    const made = element("button", { type: "button" }, text);
    if (said) {
        made.setAttribute("aria-label", said);
    }
    made.addEventListener("click", act);
    return made;
}

function element(name, properties = {}, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
}
