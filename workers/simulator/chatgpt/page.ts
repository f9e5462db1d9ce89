/** The frame of the simulated ChatGPT's pages. They work without scripts, and say on each one that nothing here is OpenAI. */
export function page(title: string, body: string, next: { afterS: number; address: string } | null = null): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${next === null ? "" : `<meta http-equiv="refresh" content="${next.afterS}; url=${escapeHtml(next.address)}">\n`}<title>${escapeHtml(title)} (simulated)</title>
<style>${STYLE}</style>
</head>
<body>
<p class="notice" role="note">Simulated OpenAI sign-in. No OpenAI account is involved.</p>
<main>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
</body>
</html>
`;
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const STYLE = `
:root { color-scheme: light dark; --line: #c9ced6; --muted: #5b6472; --accent: #1d4ed8; --on-accent: #fff; --notice: #fff4d6; --on-notice: #5c3d00; --bad: #b42318; }
@media (prefers-color-scheme: dark) { :root { --line: #3b424e; --muted: #a3acba; --accent: #93b4ff; --on-accent: #0b1220; --notice: #3b2f10; --on-notice: #ffe2a0; --bad: #ff9b90; } }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; }
.notice { margin: 0; padding: .6rem 1rem; text-align: center; background: var(--notice); color: var(--on-notice); font-weight: 600; }
main { max-width: 34rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; }
fieldset { border: 1px solid var(--line); border-radius: .5rem; margin: 1.25rem 0; padding: .5rem 1rem 1rem; }
legend, label { font-weight: 600; }
label.choice { display: flex; gap: .6rem; align-items: baseline; padding: .35rem 0; font-weight: 400; }
input[type=text], input[type=email], select { width: 100%; font: inherit; padding: .55rem .7rem; border: 1px solid var(--line); border-radius: .4rem; }
input.code { font-family: ui-monospace, monospace; font-size: 1.25rem; letter-spacing: .12em; text-transform: uppercase; }
button { font: inherit; font-weight: 600; min-height: 2.75rem; padding: .5rem 1.1rem; border-radius: .4rem; border: 1px solid var(--line); background: transparent; color: inherit; cursor: pointer; }
button.main { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.buttons { display: flex; flex-wrap: wrap; gap: .75rem; }
.muted { color: var(--muted); }
.bad { color: var(--bad); font-weight: 600; }
a { color: var(--accent); }
`;
