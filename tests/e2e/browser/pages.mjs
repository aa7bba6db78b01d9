// Every page that the program shows, in every view: a picture, what axe finds, whether it fits.
//
//   node pages.mjs '{"pages": {"NAME": {"url": "…", "status": 403}}, "shots": "…"}'
import { VIEWS, expect, finish, fits, judge, launch, shoot, visitor } from './chromium.mjs';

const { pages, shots } = JSON.parse(process.argv[2]);
const browser = await launch();
for (const [view, options] of Object.entries(VIEWS)) {
  for (const [name, { url, status }] of Object.entries(pages)) {
    const page = await visitor(browser, options);
    const requests = [];
    page.on('request', (request) => requests.push(request.url()));
    const answer = await page.goto(url);
    const what = `${name} (${view})`;
    expect(answer.status() === status, `${what}: status ${answer.status()}`);
    expect(requests.length === 1, `${what} loads ${requests.slice(1)}`);
    await fits(page, what);
    await shoot(page, shots, `${name}-${view}`);
    await judge(page, what);
    await page.context().close();
  }
}
await finish(browser);
