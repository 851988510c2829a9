// Filters, and keys for the matrix. Without this script everything can still be read and every link works.
"use strict";
(() => {
    const matrix = document.querySelector(".matrix");
    const form = document.getElementById("filters");
    const rows = [...matrix.tBodies].flatMap(body => [...body.rows].filter(row => row.className !== "chapter"));
    const heads = [...matrix.tHead.rows[1].cells].slice(1);

    // One stop for Tab in the whole matrix, always one that is to be seen; arrows move inside it.
    const links = row => [...row.cells].flatMap(cell => cell.hidden ? [] : [...cell.querySelectorAll("td > a")]);
    let stop = null;
    const stand = link => {
        if (stop) stop.tabIndex = -1;
        stop = link;
        if (stop) stop.tabIndex = 0;
    };
    for (const link of matrix.querySelectorAll("tbody td a")) link.tabIndex = -1;

    // Filters.
    const filter = () => {
        const data = new FormData(form);
        const words = name => (data.get(name) || "").toLowerCase().split(/\s+/).filter(Boolean);
        const [requirement, backend, verdicts] = [words("requirement"), words("backend"), data.getAll("verdict")];
        const has = (text, wanted) => wanted.every(word => text.toLowerCase().includes(word));
        const columns = heads.map(head => has(head.dataset.backend + " " + head.dataset.language, backend));
        heads.forEach((head, at) => { head.hidden = !columns[at]; });
        for (const head of matrix.tHead.rows[0].cells) {
            if (head.tagName !== "TH") continue;
            const shown = heads.filter(one => one.dataset.language === head.textContent && !one.hidden).length;
            head.hidden = !shown;
            if (shown) head.colSpan = shown;
        }
        let shown = 0;
        for (const row of rows) {
            const name = row.cells[0].textContent + " " + row.cells[0].firstChild.title;
            let any = !verdicts.length;
            columns.forEach((wanted, at) => {
                const cell = row.cells[at + 1];
                cell.hidden = !wanted;
                for (const link of cell.children) {
                    const fits = !verdicts.length || verdicts.includes(link.className.split(" ")[0]);
                    link.classList.toggle("dim", !fits);
                    any ||= wanted && fits;
                }
            });
            row.hidden = !(any && has(name, requirement));
            shown += !row.hidden;
        }
        for (const body of matrix.tBodies) body.hidden = [...body.rows].slice(1).every(row => row.hidden);
        for (const row of document.querySelectorAll(".overview tr[data-backend]")) {
            row.hidden = !columns[heads.findIndex(head => head.dataset.backend === row.dataset.backend)];
        }
        for (const body of document.querySelector(".overview").tBodies) {
            body.hidden = [...body.rows].slice(1).every(row => row.hidden);
        }
        document.getElementById("nothing").hidden = shown > 0 && columns.includes(true);
        if (!stop || !stop.checkVisibility()) stand(rows.filter(row => row.checkVisibility()).flatMap(links)[0]);
        form.elements.shown.value = `${shown} of ${rows.length} requirements`;
    };
    form.addEventListener("input", filter);
    form.addEventListener("reset", () => setTimeout(filter));
    form.addEventListener("submit", event => event.preventDefault());
    form.hidden = false;
    form.elements.shown.value = `${rows.length} requirements`;
    stand(rows.flatMap(links)[0]);

    matrix.addEventListener("focusin", event => { if (event.target.closest("tbody td a")) stand(event.target); });
    matrix.addEventListener("keydown", event => {
        const row = event.target.closest("tbody tr");
        if (!row || event.ctrlKey || event.altKey || event.metaKey) return;
        const here = links(row), at = here.indexOf(event.target);
        const move = step => {
            const all = rows.filter(one => !one.hidden && !one.parentElement.hidden);
            const next = all[all.indexOf(row) + step];
            return next && links(next)[Math.min(at, links(next).length - 1)];
        };
        const wanted = {
            ArrowLeft: () => here[at - 1], ArrowRight: () => here[at + 1], ArrowUp: () => move(-1), ArrowDown: () => move(1),
            Home: () => here[0], End: () => here[here.length - 1],
        }[event.key];
        const next = wanted && wanted();
        if (!next) return;
        next.focus();
        event.preventDefault();
    });

    // What is opened has the focus; Escape closes it, and the focus is back where it was.
    let opener = null;
    const open = () => {
        const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
        const article = target && target.closest("article");
        if (article) {
            article.tabIndex = -1;
            article.focus({ preventScroll: true });
        } else if (opener) {
            opener.focus({ preventScroll: true });
            opener = null;
        }
    };
    document.addEventListener("click", event => {
        const link = event.target.closest("main a[href^='#']");
        if (link) opener = link;
    });
    document.addEventListener("keydown", event => {
        if (event.key === "Escape" && document.querySelector("article:target, article:has(:target)")) location.hash = "top";
        if (event.key === "/" && !/^(INPUT|TEXTAREA)$/.test(event.target.tagName)) {
            form.elements.requirement.focus();
            event.preventDefault();
        }
    });
    addEventListener("hashchange", open);
    open();
})();
