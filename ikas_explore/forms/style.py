# ruff: noqa: E501 - a style sheet, not code.
"""The look of the forms: JupyterLab's colours in Jupyter, a light or dark palette of ours elsewhere.

Elsewhere the widgets bring JupyterLab's light colours with them, on dark pages too, so they are
not used there. Such a page is dark when it says so, by a class or by its ``color-scheme``; for one
that does not say so the form brings its own background, and stays readable.

All rules are under ``.ikas-form``, so nothing else on the page changes. Widths follow the cell,
not the window: a notebook beside a file browser is narrow on a wide screen.
"""

from __future__ import annotations

from ikas_explore.text.palette import DARK_PAGES

ROOT = "ikas-form"

STYLE = """<style>
.ikas-form{--ikas-text:light-dark(#1f1f1f,#e8e8e8);--ikas-quiet:light-dark(#595959,#b8b8b8);
--ikas-line:light-dark(#cfcfcf,#555);--ikas-edge:light-dark(#767676,#8f8f8f);
--ikas-back:light-dark(#fff,#1e1e1e);--ikas-soft:light-dark(#f0f0f0,#333);
--ikas-focus:light-dark(#1565c0,#90caf9);--ikas-good:light-dark(#1b6e20,#81c784);
--ikas-warn:light-dark(#8a4b00,#ffb74d);--ikas-bad:light-dark(#b3261e,#ff8a80);
--ikas-fill:#1565c0;--ikas-danger:#b3261e;
background:var(--ikas-back);color:var(--ikas-text);padding:10px;
font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:13px;line-height:1.45;
container-type:inline-size;max-width:75em;overflow:visible;width:100%}
@DARK .ikas-form{color-scheme:dark}
[data-jp-theme-light] .ikas-form{color-scheme:light;background:none;padding:2px;
--ikas-text:var(--jp-content-font-color1);--ikas-back:var(--jp-layout-color1);
--ikas-soft:var(--jp-layout-color2);--ikas-line:var(--jp-border-color2);
--ikas-edge:var(--jp-border-color0);--ikas-focus:var(--jp-brand-color1)}
[data-jp-theme-light="false"] .ikas-form{color-scheme:dark}
.ikas-form,.ikas-form *{box-sizing:border-box}
.ikas-form .jupyter-widgets{margin:0;overflow:visible;color:inherit}
.ikas-form .widget-html,.ikas-form .widget-html-content{height:auto;line-height:inherit;width:100%;
font-size:inherit;color:inherit;overflow:visible}
.ikas-form .widget-html>.widget-label{display:none}
.ikas-form .ikas-empty{display:none!important}
.ikas-stack{gap:10px;width:100%}
.ikas-row{gap:8px;width:100%;flex-flow:row wrap;align-items:flex-start}
.ikas-heading{font-weight:600;color:var(--ikas-text)}
.ikas-heading-3{font-size:16px}
.ikas-heading-4{font-size:14px}
.ikas-quiet,.ikas-plain{color:var(--ikas-quiet)}
.ikas-label{color:var(--ikas-quiet);font-size:12px}
.ikas-form code{font-family:var(--jp-code-font-family,ui-monospace,monospace);font-size:12px}
.ikas-section{border:1px solid var(--ikas-line);border-radius:6px;padding:12px;gap:8px;width:auto;
background:var(--ikas-back)}
.ikas-panels{gap:0;width:100%}
.ikas-form .ikas-choice{display:flex;width:100%;height:auto;flex-flow:row;align-items:center;gap:14px;padding:4px 0 6px}
.ikas-form .ikas-choice>.widget-label{width:auto;font-weight:600;color:var(--ikas-text);margin:0}
.ikas-form .ikas-choice .widget-radio-box{display:flex;flex-flow:row wrap;gap:4px 18px;width:auto;
height:auto;margin:0!important;max-height:none;min-width:0;flex:1;overflow:visible}
.ikas-form .ikas-choice .widget-radio-box label{display:flex;flex-flow:row-reverse;align-items:center;
justify-content:flex-end;gap:6px;width:auto;height:auto;min-height:26px;color:var(--ikas-text);
font-size:13px;line-height:1.3;margin:0;padding:0}
.ikas-form .ikas-choice .widget-radio-box input{margin:0;width:15px;height:15px;flex:none;position:static}
.ikas-select{flex-flow:column;align-items:stretch;width:auto;flex:0 1 26em;height:auto;gap:0}
.ikas-form .ikas-select>.widget-label{width:auto;max-width:none;text-align:left;font-weight:600;margin:0;
height:auto;line-height:1.6;color:var(--ikas-text);font-size:13px}
.ikas-form .ikas-select>select{flex:none;width:100%;height:32px;background-color:var(--ikas-back);
color:var(--ikas-text);border:1px solid var(--ikas-edge);border-radius:4px;padding:2px 24px 2px 8px;
font-size:13px;font-family:inherit;background-image:none;appearance:auto}
.ikas-select option{background:var(--ikas-back);color:var(--ikas-text)}
.ikas-form .ikas-field.ikas-wrong :is(input,textarea){border:2px solid var(--ikas-bad)}
.ikas-field{gap:2px;width:100%;max-width:44em}
.ikas-field>.widget-text,.ikas-field>.widget-textarea{flex-direction:column;align-items:stretch;
height:auto;width:100%}
.ikas-field .widget-label{width:auto;max-width:none;text-align:left;font-weight:600;margin:0;height:auto;
line-height:1.6;color:var(--ikas-text);font-size:13px;padding:0;overflow:visible;white-space:normal}
.ikas-field input[type=text],.ikas-field textarea{width:100%;background:var(--ikas-back);
color:var(--ikas-text);border:1px solid var(--ikas-edge);border-radius:4px;padding:4px 8px;
font-size:13px;font-family:inherit}
.ikas-field input[type=text]{height:32px}
.ikas-form input::placeholder{color:var(--ikas-quiet);opacity:1}
.ikas-form :is(input,textarea,select,button,summary,[tabindex]):focus-visible{outline:2px solid var(--ikas-focus);
outline-offset:1px}
.ikas-filter{gap:8px;width:100%;flex-flow:row wrap;align-items:flex-start}
.ikas-filter>.ikas-field{width:auto;flex:0 1 28em}
.ikas-filter>.ikas-select~.widget-button{margin-top:21px}
.ikas-form .ikas-row>.ikas-said{flex:1 1 14em;width:auto}
.ikas-form .ikas-filter>.ikas-said{flex:1 1 100%;order:1}
.ikas-form .widget-checkbox{width:auto;height:auto;min-height:26px;display:flex;align-items:center}
.ikas-form .widget-checkbox>.widget-label{display:none}
.ikas-form .widget-checkbox .widget-label-basic{display:flex;align-items:center;gap:6px;width:auto;
height:auto;color:var(--ikas-text);font-size:13px;line-height:1.3;overflow:visible}
.ikas-form .widget-checkbox .widget-label-basic span{white-space:normal;overflow:visible}
.ikas-form .widget-checkbox input{margin:0;flex:none;width:15px;height:15px}
.ikas-fold>.widget-checkbox{padding:0}
.ikas-tick{padding:2px 8px;border-left:3px solid var(--ikas-warn);background:var(--ikas-soft)}
.ikas-form .widget-button{width:auto;height:auto;min-height:32px;padding:4px 16px;line-height:1.4;
border-radius:4px;font-size:13px;border:1px solid var(--ikas-edge);
background:var(--ikas-back);color:var(--ikas-text);box-shadow:none;overflow:visible}
.ikas-form .widget-button:hover:not(:disabled){background:var(--ikas-soft);box-shadow:none}
.ikas-form .widget-button.ikas-main{background:var(--ikas-fill);border-color:transparent;color:#fff}
.ikas-form .widget-button.ikas-danger{background:var(--ikas-danger);border-color:transparent;color:#fff}
.ikas-form .widget-button:is(.ikas-main,.ikas-danger):hover:not(:disabled){filter:brightness(1.15)}
.ikas-form .widget-button:disabled{opacity:1;background:var(--ikas-soft);color:var(--ikas-quiet);
border-color:var(--ikas-line);cursor:not-allowed}
.ikas-form .widget-button.ikas-small{min-height:24px;padding:1px 8px;text-align:left;font-size:12px}
.ikas-note{display:flex;gap:6px;align-items:baseline;overflow-wrap:anywhere}
.ikas-note .ikas-more{display:block;color:var(--ikas-quiet)}
.ikas-note.ikas-good{color:var(--ikas-good)}
.ikas-note.ikas-warning{color:var(--ikas-warn)}
.ikas-note.ikas-bad{color:var(--ikas-bad)}
.ikas-sign{font-weight:700}
.ikas-said .ikas-note{border-left:3px solid currentColor;padding:6px 10px;background:var(--ikas-soft)}
.ikas-wide{overflow-x:auto;max-width:100%}
.ikas-form .ikas-table{border-collapse:collapse;margin:2px 0;font-size:13px;table-layout:auto;width:auto;
border:0;color:inherit}
.ikas-form .ikas-table :is(th,td){text-align:left;vertical-align:top;padding:3px 14px 3px 0;border:0;
border-bottom:1px solid var(--ikas-line);white-space:normal;max-width:none;background:none;color:inherit}
.ikas-form .ikas-table th{font-weight:600;font-size:12px;color:var(--ikas-quiet);white-space:nowrap}
.ikas-endpoint{overflow-wrap:anywhere}
.ikas-state,.ikas-time{white-space:nowrap}
.ikas-end{display:grid;grid-template-columns:38px minmax(0,1fr);align-items:baseline;min-width:12em}
.ikas-do-create,.ikas-do-saved,.ikas-registered{color:var(--ikas-good)}
.ikas-do-replace,.ikas-do-conflict{color:var(--ikas-warn)}
.ikas-do-delete,.ikas-do-failed{color:var(--ikas-bad)}
.ikas-not_registered,.ikas-unknown,.ikas-deleted,.ikas-do-keep,.ikas-do-kept{color:var(--ikas-quiet)}
.ikas-python{display:flex;flex-direction:column;gap:2px;margin-top:6px}
.ikas-python code{display:block;user-select:all;white-space:pre-wrap;overflow-wrap:anywhere;
background:var(--ikas-soft);color:var(--ikas-text);border-radius:4px;padding:6px 8px}
.ikas-matrix{gap:0;width:100%}
.ikas-matrix.ikas-registrable{display:grid;grid-template-columns:repeat(auto-fill,minmax(14em,1fr));
max-width:60em;column-gap:18px}
.ikas-registrable>.ikas-line{display:flex;border:0}
.ikas-line{display:grid;grid-template-columns:minmax(170px,1fr) minmax(0,4fr);gap:8px;align-items:center;
width:100%;border-bottom:1px solid var(--ikas-line);padding:0;min-height:26px}
.ikas-form .ikas-line>.widget-checkbox{min-height:24px}
.ikas-line-head{border-bottom:2px solid var(--ikas-line);font-weight:600;font-size:12px;
color:var(--ikas-quiet)}
.ikas-cells{display:grid;grid-template-columns:minmax(0,200px) 100px minmax(0,1fr) 98px 98px;gap:10px;
align-items:center}
.ikas-id{color:var(--ikas-quiet);font-family:var(--jp-code-font-family,ui-monospace,monospace);
font-size:11px;overflow-wrap:anywhere}
.ikas-cells-2{grid-template-columns:minmax(0,1fr) 118px}
.ikas-cell .ikas-label{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden;
white-space:nowrap}
.ikas-stores>.ikas-line{grid-template-columns:minmax(90px,230px) minmax(0,1fr)}
.ikas-stores .widget-checkbox .widget-label-basic span{overflow-wrap:anywhere}
.ikas-marks,.ikas-legend{display:flex;gap:3px;align-items:flex-end}
.ikas-mark{flex:none;width:26px;height:22px;line-height:18px;text-align:center;font-size:12px;font-weight:600;
border:2px solid var(--ikas-edge);border-radius:4px;display:inline-block}
.ikas-mark-none{border-color:transparent;color:var(--ikas-quiet)}
.ikas-mark-head{flex:none;width:26px;writing-mode:vertical-rl;transform:rotate(180deg);white-space:nowrap;line-height:26px}
.ikas-legend{flex-flow:row wrap;gap:4px 16px;margin:0;padding:0;font-size:12px}
.ikas-legend li{list-style:none}
.ikas-badge{font-size:12px;overflow-wrap:anywhere}
.ikas-badge summary{cursor:pointer;width:fit-content}
.ikas-badge.ikas-bad{color:var(--ikas-bad)}
.ikas-badge.ikas-warning{color:var(--ikas-warn)}
.ikas-form .widget-box{display:flex;flex-direction:column}
.ikas-form .widget-hbox{flex-direction:row}
.ikas-form .ikas-line.widget-box{display:grid}
.ikas-form .ikas-typed{border:1px solid var(--ikas-edge);border-radius:4px;padding:4px 8px;min-width:20em}
.ikas-form span.widget-button{display:inline-block;cursor:default}
.ikas-form span.widget-button.ikas-off{background:var(--ikas-soft);color:var(--ikas-quiet);border-color:var(--ikas-line)}
.ikas-log{margin:0;padding-left:1.4em}
.ikas-log li{overflow-wrap:anywhere}
@container (max-width:46em){
.ikas-line{grid-template-columns:minmax(0,1fr);gap:0;padding:5px 0}
.ikas-line-head .ikas-cells{display:none}
.ikas-stores>.ikas-line{grid-template-columns:minmax(90px,1fr) 317px;padding:0}
.ikas-cells{grid-template-columns:minmax(0,1fr);gap:0;padding-left:21px}
.ikas-cell .ikas-label{position:static;clip-path:none;width:auto;height:auto;margin-right:.5em}
.ikas-cell.ikas-none{display:none}
.ikas-filter>.ikas-select~.widget-button{margin-top:0}
}
</style>""".replace("\n", "").replace("@DARK", DARK_PAGES)  # a saved picture has it in one line
