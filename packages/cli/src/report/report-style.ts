/** The style of the report: light or dark as the reader has it, for any width, and for paper. */
export const reportStyle = `
:root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--ink:#171b21;--soft:#57606c;--line:#dfe3e8;--accent:#1f5fbf;--tint:#1f5fbf1a;--warm:#a8480b;--warm-tint:#c2580f1f;--mark:#fff3c4;--head:#0f2747}
@media (prefers-color-scheme:dark){:root{--page:#0e1116;--card:#161b22;--ink:#e6e9ee;--soft:#9aa5b2;--line:#2b333d;--accent:#79abff;--tint:#79abff24;--warm:#f3a45f;--warm-tint:#f3a45f26;--mark:#4a3d10;--head:#0a1a30}}
*{box-sizing:border-box}
html{scroll-padding-top:3.5rem;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:break-word}
header.top{background:var(--head);color:#f2f6fc;padding:2.2rem 1rem 2rem}
header.top>div,main,footer,nav>ul{max-width:68rem;margin-inline:auto}
header.top p{margin:.3rem 0 0;color:#c2cfe2}
h1{font-size:clamp(1.5rem,4.5vw,2.1rem);line-height:1.2;margin:0;letter-spacing:-.015em}
h2{font-size:1.3rem;line-height:1.3;margin:0 0 .3rem;letter-spacing:-.01em}
h3{font-size:1rem;margin:1.4rem 0 .4rem}
p{margin:.4rem 0}
a{color:var(--accent)}
a:focus-visible,button:focus-visible,summary:focus-visible,input:focus-visible,.scroll:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:4px}
.skip{position:absolute;left:-99rem;background:var(--card);padding:.6rem 1rem;z-index:3}
.skip:focus{left:.5rem;top:.5rem}
nav{position:sticky;top:0;z-index:2;background:var(--card);border-bottom:1px solid var(--line)}
nav>ul{display:flex;gap:.2rem;list-style:none;padding:0 .6rem;margin-block:0;overflow-x:auto;scrollbar-width:thin}
nav a{display:block;padding:.65rem .6rem;color:var(--ink);text-decoration:none;white-space:nowrap;font-size:.92rem}
nav a:hover{color:var(--accent);text-decoration:underline}
main{padding:1rem}
section{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:1.2rem clamp(.9rem,3vw,1.6rem) 1.4rem;margin:0 0 1.1rem}
.soft{color:var(--soft)}
small,.small{font-size:.86rem}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.2rem,1fr));gap:.7rem;margin:1.3rem 0 0;padding:0}
.facts div{background:#ffffff14;border:1px solid #ffffff26;border-radius:10px;padding:.6rem .8rem}
.facts dt{font-size:.82rem;color:#c2cfe2}
.facts dd{margin:0;font-size:1.25rem;font-weight:650;line-height:1.3;font-variant-numeric:tabular-nums}
.facts dd.long{font-size:1rem}
ul.short{padding-left:1.2rem;margin:.5rem 0 0}
ul.short li{margin:.35rem 0}
.timeline{display:block;width:100%;height:auto;margin-top:.9rem}
.timeline .events{fill:var(--accent);opacity:.75}
.timeline .drift{stroke:var(--warm);stroke-width:1.6;stroke-dasharray:4 3}
.timeline text{fill:var(--soft);font-size:12px}
.timeline .axis{stroke:var(--line)}
.timeline .open{fill:var(--accent);opacity:.75}
.network{display:block;width:100%;max-width:44rem;height:auto;margin-top:.5rem}
.network line{stroke:color-mix(in srgb,var(--accent) calc(30% + 60% * var(--weight)),var(--card));stroke-linecap:round}
.network circle{fill:var(--card);stroke:var(--accent);stroke-width:2.5}
.network text{fill:var(--ink);font-size:14px}
.week{display:block;width:100%;max-width:48rem;height:auto;margin-top:.5rem}
.week text{fill:var(--soft);font-size:12px}
.week rect{fill:color-mix(in srgb,var(--accent) calc(4% + 92% * var(--weight)),var(--card));stroke:var(--line);stroke-width:.5}
.controls{display:flex;flex-wrap:wrap;gap:.6rem 1.6rem;align-items:end;margin:.7rem 0 .5rem}
.controls label{display:block;font-size:.88rem;font-weight:600}
.controls .slide{flex:1 1 15rem;max-width:30rem}
.controls input[type=range]{width:100%;accent-color:var(--accent);height:1.8rem;margin:0}
.ends{display:flex;justify-content:space-between;font-size:.8rem;color:var(--soft)}
.choice{display:inline-flex;border:1px solid var(--line);border-radius:8px;overflow:hidden}
.choice label{font-weight:500;margin:0;cursor:pointer}
.choice input{position:absolute;opacity:0}
.choice span{display:block;padding:.4rem .8rem}
.choice input:checked+span{background:var(--accent);color:var(--card)}
.choice input:focus-visible+span{outline:3px solid var(--accent);outline-offset:-3px;box-shadow:inset 0 0 0 5px var(--card)}
html:not(.js) .controls{display:none}
figure{margin:0}
figcaption{font-size:.92rem;padding:.2rem 0 .5rem}
.scroll{overflow:auto;max-width:100%}
.drawing{max-height:min(80vh,56rem);border:1px solid var(--line);border-radius:10px;padding:.4rem}
.drawing svg.map{display:block;width:100%;height:auto;margin:auto}
.drawing{overscroll-behavior:contain}
svg.map text{font:13px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;text-anchor:middle;fill:var(--ink)}
svg.map .name{font-weight:600}
svg.map .count{font-size:12px;fill:var(--soft)}
svg.map .node rect{fill:color-mix(in srgb,var(--accent) calc(7% + 28% * var(--weight)),var(--card));stroke:var(--accent);stroke-width:1.2}
svg.map .start circle,svg.map .end circle{fill:var(--card);stroke:var(--soft);stroke-width:1.6}
svg.map .start path,svg.map .end rect{fill:var(--soft)}
svg.map .line{fill:none;stroke:color-mix(in srgb,var(--accent) 72%,var(--soft));stroke-width:var(--count);stroke-linecap:round;opacity:.62}
svg.map .head{fill:color-mix(in srgb,var(--accent) 72%,var(--soft))}
svg.map .to-end .line{stroke:var(--soft);stroke-dasharray:5 5;stroke-width:1.2;stroke-linecap:butt}
svg.map .to-end .head{fill:var(--soft)}
svg.map .edge:hover .line{opacity:1}
svg.map .label text{font-size:12px;paint-order:stroke;stroke:var(--card);stroke-width:4px;stroke-linejoin:round;font-variant-numeric:tabular-nums}
svg.map .to-end text{fill:var(--soft)}
svg.map .of-time{display:none}
.by-time svg.map .of-time{display:inline}
.by-time svg.map .of-count{display:none}
.by-time svg.map .line{stroke:color-mix(in srgb,var(--warm) calc(25% + 75% * var(--heat)),var(--soft));stroke-width:var(--time);opacity:.78}
.by-time svg.map .head{fill:color-mix(in srgb,var(--warm) calc(25% + 75% * var(--heat)),var(--soft))}
.by-time svg.map .to-end .line{stroke:var(--soft);stroke-width:1.2;opacity:.4}
ol.variants{list-style:none;padding:0;margin:.6rem 0 0}
ol.variants>li{border-top:1px solid var(--line);padding:.7rem 0}
.figures{display:flex;flex-wrap:wrap;gap:.1rem 1rem;align-items:baseline;font-variant-numeric:tabular-nums}
.figures b{font-size:1.05rem}
.bar{height:.5rem;border-radius:99px;background:var(--tint);overflow:hidden;margin:.3rem 0 .5rem}
.bar i{display:block;height:100%;min-width:3px;background:var(--accent);border-radius:99px}
.bar.warm{background:var(--warm-tint)}
.bar.warm i{background:var(--warm)}
.steps{display:flex;flex-wrap:wrap;gap:.3rem .15rem;margin:0;padding:0;list-style:none}
.steps li{display:flex;align-items:center;font-size:.86rem}
.steps li:not(:last-child)::after{content:"→";color:var(--soft);margin-left:.2rem}
.chip{display:inline-block;border-radius:6px;padding:.08rem .5rem;background:color-mix(in srgb,hsl(var(--hue) 70% 50%) 15%,var(--card));border:1px solid color-mix(in srgb,hsl(var(--hue) 70% 50%) 45%,var(--card))}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,20rem),1fr));gap:.8rem;padding:0;margin:.7rem 0 0;list-style:none}
.cards>li{border:1px solid var(--line);border-left:4px solid var(--accent);border-radius:8px;padding:.6rem .85rem}
.cards.warm>li{border-left-color:var(--warm)}
.cards .why{margin:.15rem 0 .3rem}
.tag{display:inline-block;font-size:.76rem;font-weight:600;letter-spacing:.02em;border-radius:99px;padding:.05rem .6rem;background:var(--tint);color:var(--accent)}
.warm .tag{background:var(--warm-tint);color:var(--warm)}
table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
caption{text-align:left;font-weight:600;padding:.3rem 0}
th,td{text-align:left;padding:.38rem .7rem .38rem 0;border-bottom:1px solid var(--line);vertical-align:top}
th{font-size:.82rem;color:var(--soft);font-weight:600}
td.n,th.n{text-align:right;white-space:nowrap}
tr:target,tr.marked{background:var(--mark)}
details{margin:.7rem 0 0}
summary{cursor:pointer;padding:.25rem 0;font-weight:600}
td.when{white-space:nowrap}
td.what{min-width:9rem}
td.rest{min-width:12rem}
details.case{border-top:1px solid var(--line);margin:0;padding:.2rem 0}
code{font:.86rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
footer{padding:.2rem 1rem 2.5rem;color:var(--soft);font-size:.88rem}
@media (max-width:40rem){.week text,.timeline text,.network text{font-size:21px}body{font-size:15px}main{padding:.6rem}section{border-radius:10px}.drawing{max-height:70vh}}
@media print{nav,.controls,.skip{display:none}body{background:#fff}section{break-inside:avoid-page;border:0}.drawing{max-height:none;overflow:visible}header.top{background:none;color:#000}header.top p,.facts dt{color:#333}}
`
