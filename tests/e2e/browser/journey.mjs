// One visitor of the example site: signs in at app1, opens app2 without another login, signs out, meets an error page.
//
//   node journey.mjs '{"rules": […], "home": "…", "shots": "…"}'
import { expect, finish, judge, launch, shoot, signIn, visitor } from './chromium.mjs';

const { rules, home, shots } = JSON.parse(process.argv[2]);
const browser = await launch({ rules, home });
const page = await visitor(browser);
const deep = 'https://app1.example.com/deep/page?tab=2';

// Plain http leads to https, and there to the sign-in page.
let answer = await page.goto('http://app1.example.com/deep/page?tab=2');
expect(page.url() === deep, `http led to ${page.url()}`);
expect(answer.status() === 200, `the sign-in page has status ${answer.status()}`);
await judge(page, 'sign-in page');
await shoot(page, shots, 'gateway-sign-in');

// The keyboard alone is enough: the first stop is the button.
await page.keyboard.press('Tab');
const focus = await page.evaluate(() => document.activeElement.getAttribute('href') ?? '');
expect(focus.startsWith('/oauth2/start'), `the first stop of the keyboard is ${focus}`);
await page.keyboard.press('Enter');
await page.waitForURL('http://127.0.0.1:*/interaction/**');
await signIn(page, 'alice');
expect(page.url() === deep, `the login led to ${page.url()}`);
let seen = JSON.parse(await page.locator('body').innerText());
const header = (name) => seen.headers.filter(([n]) => n.toLowerCase() === name).map(([, value]) => value).join();
expect(header('x-auth-request-email') === 'alice@example.com', `app1 was told ${header('x-auth-request-email')}`);
expect(header('x-forwarded-proto') === 'https', `app1 was told ${header('x-forwarded-proto')}`);
expect(!header('cookie').includes('_oauth2_proxy'), `app1 got ${header('cookie')}`);

const cookies = (await page.context().cookies()).filter(({ name }) => name.startsWith('_oauth2_proxy'));
expect(cookies.length === 1, `cookies after the login: ${cookies.map(({ name }) => name)}`);
for (const { name, domain, secure, httpOnly } of cookies) {
  expect(domain === '.example.com' && secure && httpOnly, `${name} is for ${domain}, ${secure}, ${httpOnly}`);
}

// Another app, no login.
const hosts = [];
page.on('request', (request) => hosts.push(new URL(request.url()).host));
answer = await page.goto('https://app2.example.com/other');
seen = JSON.parse(await page.locator('body').innerText());
expect(answer.status() === 200 && page.url() === 'https://app2.example.com/other', `app2 led to ${page.url()}`);
expect(header('x-auth-request-email') === 'alice@example.com', `app2 was told ${header('x-auth-request-email')}`);
expect(hosts.every((host) => host === 'app2.example.com'), `on the way to app2: ${hosts}`);

// A WebSocket through the gateway, and what a script sees without a session.
const echoed = await page.evaluate(
  () =>
    new Promise((done) => {
      const socket = new WebSocket('wss://app2.example.com/socket');
      socket.onopen = () => socket.send('hello');
      socket.onmessage = ({ data }) => done(data);
      socket.onerror = () => done('an error');
    }),
);
expect(echoed === 'hello', `the WebSocket said ${echoed}`);

// Signed out here is signed out everywhere, also for a script of a page that stayed open.
const left = await page.context().newPage();
await left.goto('https://app1.example.com/left-open');
await page.goto('https://app2.example.com/oauth2/sign_out');
for (const host of ['app1', 'app2']) {
  await page.goto(`https://${host}.example.com/`);
  expect(await page.locator('a[href^="/oauth2/start"]').isVisible(), `${host} shows no sign-in page after sign-out`);
}
const status = await left.evaluate(async () => (await fetch('/api')).status);
expect(status === 401, `a script without a session got ${status}`);

// A login that the provider refuses ends on a page with a way on.
await page.goto('https://app1.example.com/oauth2/callback?error=access_denied&state=x');
expect((await page.locator('body').innerText()).includes('Request ID'), 'the error page has no request id');
await judge(page, 'error page');
await shoot(page, shots, 'gateway-error');
await finish(browser);
