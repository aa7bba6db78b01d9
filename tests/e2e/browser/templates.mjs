// Pages of the operator's own, and logos on our page: a picture, what axe finds, whether it fits; and the way through.
//
//   node templates.mjs '{"url": "…", "error": "…", "drawing": "…", "remote": "…", "shots": "…"}'
import { VIEWS, expect, finish, fits, judge, launch, shoot, signIn, visitor } from './chromium.mjs';

const { url, error, drawing, remote, shots } = JSON.parse(process.argv[2]);
const browser = await launch();
for (const [view, options] of Object.entries(VIEWS)) {
  for (const [name, address, status] of [['template-sign-in', url, 403], ['template-error', error, 403], ['sign-in-logo', drawing, 403]]) {
    const page = await visitor(browser, options);
    const answer = await page.goto(address);
    const what = `${name} (${view})`;
    expect(answer.status() === status, `${what}: status ${answer.status()}`);
    await fits(page, what);
    await shoot(page, shots, `${name}-${view}`);
    await judge(page, what);
    await page.context().close();
  }
}

// The page signs in, and what follows # in the address is not lost.
let page = await visitor(browser);
await page.goto(`${url}#part`);
await page.locator('button', { hasText: 'Sign in with' }).click();
await page.waitForURL('http://127.0.0.1:*/interaction/**');
await signIn(page, 'alice');
expect(page.url() === `${url}#part`, `the login led to ${page.url()}`);

// A drawing with a script in it is shown, and its script does not run.
page = await visitor(browser);
await page.goto(drawing);
const logo = await page.locator('img.logo').evaluate(async (image) => {
  await image.decode();
  return { width: image.clientWidth, height: image.clientHeight, ran: 'ran' in globalThis };
});
expect(logo.width > 20 && logo.height > 20 && !logo.ran, `the logo is ${JSON.stringify(logo)}`);

// A logo elsewhere is asked for; a policy against it would show on the console.
page = await visitor(browser);
const asked = [];
page.on('request', (request) => asked.push(request.url()));
await page.goto(remote);
expect(asked.includes('https://logo.example.com/logo.png'), `the page asked for ${asked}`);
await finish(browser);
