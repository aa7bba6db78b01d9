// A page of the operator's own with what a visitor wrote in every kind of place: it is there as it was written, and runs nowhere.
//
//   node hostile.mjs '{"url": "…/oauth2/sign_in"}'
import { expect, finish, launch, visitor } from './chromium.mjs';

const { url } = JSON.parse(process.argv[2]);
const WRITTEN = [
  '</script><script>ran=1</script>',
  '\'"><img src=x onerror=ran=1>',
  '</textarea></title></style></svg><svg onload=ran=1>',
  '--><img src=x onerror=ran=1><!--',
  '<!--<script>',
  ' onclick=ran=1 onload=ran=1 x=',
  '\');ran=1//',
  '");ran=1//',
  '`);ran=1//',
  '${ran=1}',
  '\\',
  '\u2028;ran=1//',
  '&#39;);ran=1//',
  '&quot;);ran=1//',
  '%27);ran=1//',
  ';}*{background:url(javascript:ran=1)}',
  '{{ran=1}}',
];
const browser = await launch();
const page = await visitor(browser);
for (const text of WRITTEN) {
  const target = `/?${text}`;
  await page.goto(`${url}?rd=${encodeURIComponent(target)}`);
  const found = await page.evaluate(() => {
    addEventListener('click', (event) => event.preventDefault(), true);
    for (const element of document.querySelectorAll('*')) {
      for (const name of ['click', 'mouseover', 'focus']) element.dispatchEvent(new MouseEvent(name, { bubbles: true, cancelable: true }));
    }
    const at = (name) => document.getElementById(name);
    const data = JSON.parse(at('data').textContent);
    return {
      ...told,
      title: document.title,
      text: at('text').textContent,
      quoted: at('text').title,
      single: at('text').dataset.to,
      bare: at('bare').getAttribute('value'),
      area: at('area').value,
      drawing: at('drawing').textContent,
      member: data.value,
      inside: data.string,
      query: new URL(at('link').href).searchParams.get('to'),
      ran: 'ran' in globalThis,
    };
  });
  expect(!found.ran, `${target} ran`);
  delete found.ran;
  expect(Object.keys(found).length === 17, `the page told ${Object.keys(found)}`);
  for (const [place, seen] of Object.entries(found)) {
    // Browsers leave blanks at the ends of a title out.
    const expected = place === 'title' ? target.trim() : target;
    expect(seen === expected, `${place}: ${JSON.stringify(seen)} in place of ${JSON.stringify(target)}`);
  }
}
await finish(browser);
