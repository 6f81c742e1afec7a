//! The frame of a page, and its parts.

use std::fmt::Write;

use super::drawing::escaped;

/// Colours by the names that plots use; no outside font, script or picture.
const STYLE: &str = "\
:root{--text:#3b4252;--strong:#111827;--faint:#d5dae3;--paper:#f5f6f9;--card:#ffffff;--c0:#2563eb;--c1:#ea580c;--c2:#059669;--raw:#9db8f5;--heat:37,99,235;color-scheme:light dark}\
@media(prefers-color-scheme:dark){:root{--text:#c9d1de;--strong:#f0f3f8;--faint:#38414f;--paper:#0d1117;--card:#161b22;--c0:#7aa2f7;--c1:#ff9e64;--c2:#5fd3a3;--raw:#3d5590;--heat:122,162,247}}\
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--text);font:15px/1.5 system-ui,sans-serif}\
main{max-width:1200px;margin:0 auto;padding:28px 20px 60px}h1{color:var(--strong);font-size:26px;margin:0}\
h2{color:var(--strong);font-size:17px;margin:0 0 10px}p{margin:6px 0}.grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:16px;margin-top:16px}\
section{background:var(--card);border:1px solid var(--faint);border-radius:10px;padding:16px;min-width:0}.wide{grid-column:1/-1}svg{width:100%;height:auto;display:block}\
.cards{display:flex;flex-wrap:wrap;gap:12px;margin-top:18px}.cards div{background:var(--card);border:1px solid var(--faint);border-radius:10px;padding:10px 16px;min-width:120px}\
.cards b{display:block;color:var(--strong);font-size:22px;font-variant-numeric:tabular-nums}.scroll{overflow-x:auto}.scroll>svg{min-width:720px}\
table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums}th,td{padding:4px 8px;text-align:right;white-space:nowrap}th{font-weight:600}\
th:first-child,td:first-child{text-align:left}.matrix td{min-width:40px;text-align:center}tr+tr td{border-top:1px solid var(--faint)}\
pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:0;font:13px/1.5 ui-monospace,monospace}.sheet{max-width:100%;width:var(--w);image-rendering:pixelated;display:block}@media(max-width:1200px){.sheet{image-rendering:auto}}\
.mistakes{display:flex;flex-wrap:wrap;gap:12px}figure{margin:0;width:104px;font-size:12px;line-height:1.35}figure img{width:104px;height:104px;object-fit:contain;image-rendering:pixelated;border-radius:6px;background:#808080}\
.track{display:inline-block;position:relative;width:200px;height:2px;background:var(--faint);vertical-align:middle;margin:0 5px}.track i{position:absolute;top:-4px;width:10px;height:10px;margin-left:-5px;border-radius:5px;background:var(--c0)}.ends{display:flex;justify-content:space-between;font-weight:400}ul{margin:0;padding-left:20px}li{margin:4px 0}.wrap td{white-space:normal}";

/// A page that grows section by section.
#[derive(Debug)]
pub struct Page {
    html: String,
}

impl Page {
    /// Title, a line below it, and numbers that matter most.
    #[must_use]
    pub fn new(title: &str, line: &str, cards: &[(&str, String)]) -> Self {
        let mut html = format!(
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
             <title>{0}</title><style>{STYLE}</style></head>\n<body><main><h1>{0}</h1><p>{1}</p><div class=\"cards\">",
            escaped(title),
            escaped(line)
        );
        for (name, value) in cards {
            let _ = write!(html, "<div><b>{}</b>{}</div>", escaped(value), escaped(name));
        }
        html.push_str("</div>\n<div class=\"grid\">");
        Self { html }
    }

    /// A plot: its title is in it.
    pub fn plot(&mut self, svg: &str) {
        let _ = writeln!(self.html, "<section>{svg}</section>");
    }

    /// A plot over all of the width.
    pub fn wide_plot(&mut self, svg: &str) {
        let _ = writeln!(self.html, "<section class=\"wide scroll\">{svg}</section>");
    }

    /// A section over half of the width; `html` is taken as it is.
    pub fn half(&mut self, title: &str, html: &str) {
        let _ = writeln!(self.html, "<section><h2>{}</h2>{html}</section>", escaped(title));
    }

    /// The same over all of it.
    pub fn wide(&mut self, title: &str, html: &str) {
        let _ = writeln!(self.html, "<section class=\"wide\"><h2>{}</h2>{html}</section>", escaped(title));
    }

    /// The whole file.
    #[must_use]
    pub fn finish(self) -> String {
        self.html + "</div></main></body></html>\n"
    }
}

/// Lines of text as a list.
#[must_use]
pub fn list(items: &[String]) -> String {
    let items: String = items.iter().map(|item| format!("<li>{}</li>", escaped(item))).collect();
    format!("<ul>{items}</ul>")
}

/// A table of names and values.
#[must_use]
pub fn pairs(pairs: &[(&str, String)]) -> String {
    let line = |(name, value): &(&str, String)| {
        format!("<tr><td>{}</td><td>{}</td></tr>", escaped(name), escaped(value))
    };
    format!("<table class=\"wrap\">{}</table>", pairs.iter().map(line).collect::<String>())
}
