/** A walk over a page with the Tab key alone, noted down from within the page. */
import type { Page } from 'playwright-core';

/** What the walk found, each control in words that help to find it again. */
export interface Walk {
  /** Controls that can be seen and were never reached. */
  readonly missed: readonly string[];
  /** Controls that looked the same with the focus as without it, or lay under something else. */
  readonly unseen: readonly string[];
  readonly stops: number;
}

/** More stops than this and somebody is going round in circles. */
const STOPS_MAX = 600;

/**
 * Marks every control, and follows the focus. Of a group of radio buttons the arrows reach the others; what has
 * `tabindex=-1` says itself that it is reached in another way.
 */
const FOLLOW = `(() => {
  const CONTROLS = 'a[href],button,input,select,textarea,summary,[role=button],[role=tab],[tabindex]';
  const inWords = (element) =>
    element.tagName.toLowerCase() + ' ' +
    (element.getAttribute('aria-label') || element.innerText || element.value || element.outerHTML).trim().slice(0, 80);
  const isThere = (element) =>
    element.checkVisibility({ opacityProperty: false, visibilityProperty: true }) && element.tabIndex >= 0 && !element.disabled;
  const controls = () => [...document.querySelectorAll(CONTROLS)].filter(isThere);
  const isOneOf = (reached, element) =>
    reached.has(element) ||
    (element.type === 'radio' && [...reached].some((one) => one.type === 'radio' && one.name === element.name));
  const hasRing = (style) => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
  /** Hidden inputs are shown by what stands for them. */
  const shown = (element) => {
    const own = getComputedStyle(element);
    const isHidden = own.opacity === '0' || element.offsetWidth < 2 || element.offsetHeight < 2;
    if (!isHidden) return [element];
    return [element.nextElementSibling, element.parentElement, element.labels?.[0]].filter(Boolean);
  };
  const look = (element) => {
    const style = getComputedStyle(element);
    return [style.outlineStyle, style.outlineWidth, style.borderColor, style.boxShadow, style.backgroundColor].join();
  };
  const plain = new Map(controls().flatMap((element) => shown(element).map((one) => [one, look(one)])));
  const walk = { reached: new Set(), unseen: new Set() };
  const isCovered = (element) => {
    const box = element.getBoundingClientRect();
    // What is larger than the window can never be seen whole.
    if (box.height > innerHeight / 2) return false;
    const [x, y] = [box.left + Math.min(box.width / 2, 40), box.top + Math.min(box.height / 2, 12)];
    if (x < 0 || y < 0 || x > innerWidth || y > innerHeight) return true;
    const top = document.elementFromPoint(x, y);
    return top !== null && !element.contains(top) && !top.contains(element);
  };
  document.addEventListener('focusin', ({ target }) => {
    walk.reached.add(target);
    const faces = shown(target);
    const isMarked = faces.some((one) => hasRing(getComputedStyle(one)) || look(one) !== plain.get(one));
    if (!isMarked) walk.unseen.add('unmarked: ' + inWords(target));
    if (faces.every(isCovered)) walk.unseen.add('covered: ' + inWords(target));
  });
  window.tkWalk = () => ({
    missed: controls().filter((element) => !isOneOf(walk.reached, element)).map(inWords),
    unseen: [...walk.unseen],
  });
})()`;

/** From the skip link, which is the first stop, round to it again. */
export async function walkThrough(page: Page): Promise<Walk> {
  await page.evaluate(FOLLOW);
  for (let stops = 1; stops <= STOPS_MAX; stops++) {
    await page.keyboard.press('Tab');
    const isRound = stops > 1 && (await isAtStart(page));
    if (!isRound) continue;
    const found = await page.evaluate<Omit<Walk, 'stops'>>('window.tkWalk()');
    return { ...found, stops };
  }
  const where = await page.evaluate<string>('document.activeElement?.outerHTML.slice(0, 200)');
  throw new Error(`the focus does not come round; after ${STOPS_MAX} stops it is at ${where}`);
}

/** Past the last control the focus leaves the page, and comes back to its beginning. */
function isAtStart(page: Page): Promise<boolean> {
  return page.evaluate<boolean>('document.activeElement?.classList.contains("tk-skip") === true');
}
