// Every page that the program shows, in every view: a picture, what axe finds, whether it fits; then by keyboard alone,
// and without scripts.
//
//   node pages.mjs '{"pages": {"NAME": {"url": "…", "status": 403, "cookies": "a=b; c=d"}}, "shots": "…"}'
import { VIEWS, expect, finish, fits, judge, launch, shoot, visitor } from './chromium.mjs';

const { pages, shots } = JSON.parse(process.argv[2]);
const browser = await launch();

/** A page of somebody new, with the cookies that belong to it. */
async function opened({ url, cookies = '' }, view) {
  const page = await visitor(browser, view);
  const pairs = cookies.split('; ').filter(Boolean).map((pair) => pair.split(/=(.*)/s));
  await page.context().addCookies(pairs.map(([name, value]) => ({ name, value, url })));
  const requests = [];
  page.on('request', (request) => requests.push(request.url()));
  const answer = await page.goto(url);
  return { page, answer, requests };
}

/** What a visitor can act on, in the order of the page. */
const ways = (page) => page.evaluate(() =>
  [...document.querySelectorAll('a[href], button, input:not([type=hidden]), summary')].map((way) => way.outerHTML));

/** Tab reaches everything in order, and shows where it is. */
async function byKeyboard(page, what) {
  for (const way of await ways(page)) {
    await page.keyboard.press('Tab');
    const [reached, shown] = await page.evaluate(() => {
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
      return [document.activeElement.outerHTML, outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2];
    });
    expect(reached === way, `${what}: Tab reaches ${reached} and not ${way}`);
    expect(shown, `${what}: nothing shows that ${way} has the focus`);
  }
}

/** The same page says and offers the same without scripts. */
async function withoutScripts({ status, ...where }, text, count, what) {
  const { page, answer } = await opened(where, { ...VIEWS.light, javaScriptEnabled: false });
  expect(answer.status() === status, `${what} without scripts: status ${answer.status()}`);
  // Each answer has a request id of its own.
  const said = (text) => text.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, 'ID');
  const other = await page.locator('body').innerText();
  expect(said(other) === said(text), `${what} says something else without scripts: ${other}`);
  expect(!(await page.content()).includes('<script'), `${what} has a script`);
  const others = await page.locator('a[href], button, input:not([type=hidden]), summary').count();
  expect(others === count, `${what} has ${others} ways on without scripts, ${count} with`);
  await page.context().close();
}

for (const [view, options] of Object.entries(VIEWS)) {
  for (const [name, expected] of Object.entries(pages)) {
    const { page, answer, requests } = await opened(expected, options);
    const what = `${name} (${view})`;
    expect(answer.status() === expected.status, `${what}: status ${answer.status()}`);
    expect(requests.length === 1, `${what} loads ${requests.slice(1)}`);
    await fits(page, what);
    await shoot(page, shots, `${name}-${view}`);
    await judge(page, what);
    if (view === 'light') {
      const [text, all] = [await page.locator('body').innerText(), await ways(page)];
      await byKeyboard(page, what);
      await withoutScripts(expected, text, all.length, name);
    }
    await page.context().close();
  }
}
await finish(browser);
