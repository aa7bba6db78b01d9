// The demo as a newcomer goes through it, once in each view.
//
//   node demo.mjs '{"url": "http://app1.demo.localhost:PORT/", "shots": "…"}'
import { VIEWS, expect, finish, fits, judge, launch, shoot, visitor } from './chromium.mjs';

const { url, shots } = JSON.parse(process.argv[2]);
const other = url.replace('app1.', 'app2.');
const browser = await launch();
for (const [view, options] of Object.entries(VIEWS)) {
  const page = await visitor(browser, options);
  const look = async (name) => {
    await page.waitForLoadState();
    await fits(page, `${name} (${view})`);
    await shoot(page, shots, `demo-${name}-${view}`);
    await judge(page, `${name} (${view})`);
  };

  const answer = await page.goto(url);
  expect(answer.status() === 200, `the sign-in page has status ${answer.status()}`);
  await look('sign-in');
  await page.locator('a[href^="/oauth2/start"]').click();
  await look('provider-login');
  await page.locator('button[name=user]').first().click();
  await look('provider-consent');
  await page.locator('button[value=allow]').click();
  await look('app1');
  expect(page.url() === url, `the login led to ${page.url()}`);
  expect(/alice@/i.test(await page.locator('body').innerText()), 'app1 does not say who the visitor is');

  await page.goto(other);
  expect(page.url() === other, `app2 led to ${page.url()}`);
  expect(/alice@/i.test(await page.locator('body').innerText()), 'app2 does not say who the visitor is');
  await look('app2');

  await page.locator('a', { hasText: 'Sign out' }).first().click();
  await page.waitForLoadState();
  for (const app of [url, other]) {
    await page.goto(app);
    expect(await page.locator('a[href^="/oauth2/start"]').isVisible(), `${app} still knows the visitor`);
  }

  // Whoever does not allow it learns what happened and where to go.
  await page.locator('a[href^="/oauth2/start"]').click();
  const choice = page.locator('button[name=user], button[value=deny]').first();
  await choice.waitFor();
  // The provider may still know who was here last.
  if ((await choice.getAttribute('name')) === 'user') await choice.click();
  await page.locator('button[value=deny]').click();
  await look('denied');
  expect((await page.locator('body').innerText()).includes('Request ID'), 'a refused login has no request id');
  await page.context().close();
}
await finish(browser);
