/* "Test connection": what opens below an account in the table of accounts. UCC makes one object for each opened row. */

const ENDPOINT = "m365_mail_threats_account_check";
const SIGNS = { ok: "\u2713", warning: "!", error: "\u2717" };
const WORDS = { ok: "ok", warning: "warning", error: "error" };
const COLOURS = { ok: "#1a7f37", warning: "#9a6700", error: "#c2233b" };

class AccountCheck {
    constructor(globalConfig, serviceName, el, row) {
        this.app = globalConfig.meta.name;
        this.el = el;
        this.account = row.name;
    }

    render() {
        const button = element("button", "Test connection");
        button.type = "button";
        Object.assign(button.style, { padding: "6px 14px", cursor: "pointer" });
        const explained = element(
            "span",
            "Gets a token for each API, names missing permissions and licences, and changes nothing."
        );
        explained.style.marginLeft = "12px";
        const result = element("div");
        result.setAttribute("role", "status");
        Object.assign(result.style, { marginTop: "12px" });
        button.addEventListener("click", () => this.test(button, result));
        const box = element("div", [button, explained, result]);
        Object.assign(box.style, { padding: "12px 16px", fontSize: "14px", lineHeight: "20px" });
        this.el.replaceChildren(box);
        return this;
    }

    async test(button, result) {
        button.disabled = true;
        result.replaceChildren(element("p", `Testing ${this.account} \u2026`));
        try {
            result.replaceChildren(table(await this.ask()));
        } catch (error) {
            result.replaceChildren(element("p", error.message));
        } finally {
            button.disabled = false;
        }
    }

    async ask() {
        const root = window.location.pathname.split("/app/")[0];
        const url = `${root}/splunkd/__raw/servicesNS/nobody/${encodeURIComponent(this.app)}/${ENDPOINT}`;
        const response = await fetch(`${url}?output_mode=json`, {
            method: "POST",
            credentials: "same-origin",
            headers: {
                "Content-Type": "application/x-www-form-urlencoded",
                "X-Requested-With": "XMLHttpRequest",
                "X-Splunk-Form-Key": formKey(),
            },
            body: new URLSearchParams({ account: this.account }),
        });
        if (response.status === 403) {
            throw new Error("Your role may not read credentials (list_storage_passwords), so it cannot test them.");
        }
        const answer = await response.json().catch(() => ({}));
        if (!response.ok) {
            throw new Error(answer.message || `Splunk answered ${response.status}.`);
        }
        return answer.findings;
    }
}

/* Splunk's proof that a request comes from its own page. */
function formKey() {
    const found = document.cookie.match(/(?:^|;\s*)splunkweb_csrf_token_\d+=([^;]*)/);
    return found ? decodeURIComponent(found[1]) : "";
}

function table(findings) {
    const rows = findings.map((finding) => {
        const status = element("td", `${SIGNS[finding.status]} ${WORDS[finding.status]}`);
        Object.assign(status.style, { color: COLOURS[finding.status], fontWeight: "bold", whiteSpace: "nowrap" });
        const text = element("td", [element("div", finding.message)]);
        if (finding.advice) {
            text.append(element("div", element("strong", finding.advice)));
        }
        const cells = [status, element("td", finding.area), text];
        cells.forEach((cell) => Object.assign(cell.style, { padding: "4px 16px 4px 0", verticalAlign: "top" }));
        return element("tr", cells);
    });
    return element("table", [element("tbody", rows)]);
}

/* Texts of Microsoft and of the admin are only ever text, never markup. */
function element(name, content = []) {
    const made = document.createElement(name);
    made.append(...[].concat(content));
    return made;
}

export default AccountCheck;
