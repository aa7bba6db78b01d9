// Debian's chromium, driven by playwright-core: what the browser tests have in common.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';

const cache = process.env.SIDECAR_TEST_CACHE ?? `${homedir()}/.cache/oauth2-sidecar`;
const require = createRequire(`${cache}/node/`);
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** How a page is looked at. */
export const VIEWS = {
  light: { colorScheme: 'light', viewport: { width: 1000, height: 700 } },
  dark: { colorScheme: 'dark', viewport: { width: 1000, height: 700 } },
  phone: { colorScheme: 'light', viewport: { width: 360, height: 640 }, deviceScaleFactor: 2, isMobile: true },
};

/** What went wrong, in words; empty when all is well. */
export const faults = [];

export function expect(holds, what) {
  if (!holds) faults.push(what);
}

/**
 * Starts a browser that knows the host names of `rules` and nothing of the outside.
 * `home` is a folder whose certificate database is to be trusted.
 */
export async function launch({ rules = [], home } = {}) {
  return chromium.launch({
    executablePath: '/usr/bin/chromium',
    env: home ? { ...process.env, HOME: home } : process.env,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--host-resolver-rules=${[...rules, 'MAP * ~NOTFOUND', 'EXCLUDE 127.0.0.1', 'EXCLUDE *.localhost'].join(',')}`,
    ],
  });
}

/** A page of a fresh visitor; what its console says about blocked content becomes a fault. */
export async function visitor(browser, view = VIEWS.light) {
  const context = await browser.newContext(view);
  const page = await context.newPage();
  page.on('console', (message) => {
    if (/Content Security Policy|Refused to/i.test(message.text())) faults.push(`${page.url()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`${page.url()}: ${error}`));
  return page;
}

/** Lets axe judge the page; each finding becomes a fault. */
export async function judge(page, name) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  for (const { id, help, nodes } of violations) faults.push(`${name}: axe ${id}: ${help}: ${nodes[0].html}`);
}

/** Writes target/screenshots/NAME.png. */
export async function shoot(page, folder, name) {
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}

/** The page has no room beside it: nothing sticks out at phone width. */
export async function fits(page, name) {
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  expect(content <= window, `${name}: ${content} pixels wide in a window of ${window}`);
}

/** Goes through the forms of oidc-provider: a name and any password, then the consent. */
export async function signIn(page, user) {
  await page.locator('input[name=login]').fill(user);
  await page.locator('input[name=password]').fill('any');
  await page.locator('button[type=submit]').first().click();
  await page.waitForLoadState();
  await page.locator('button[type=submit]').first().click();
  await page.waitForLoadState();
}

/** Ends the script: exit status 1 and the faults, or nothing. */
export async function finish(browser) {
  await browser.close();
  for (const fault of faults) console.error(fault);
  process.exit(faults.length ? 1 : 0);
}
