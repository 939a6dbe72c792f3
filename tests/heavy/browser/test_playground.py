"""The playground as somebody uses it, in Chromium."""

from __future__ import annotations

import base64
import json
import statistics
import time
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from railguard import Guard
from tests.heavy.browser.conftest import Page

WATCH = """
window.began = window.seen = null;
document.querySelector('.cm-content').addEventListener('beforeinput', () => { window.began ??= performance.now(); }, true);
new MutationObserver(() => {
  const marked = document.querySelector('.cm-lintRange-error');
  if (window.began !== null && window.seen === null && marked) window.seen = performance.now();
}).observe(document.body, { subtree: true, childList: true, attributes: true });
"""
WATCH_SUMMARY = """
window.began = window.seen = null;
document.querySelector('.cm-content').addEventListener('beforeinput', () => { window.began ??= performance.now(); }, true);
new MutationObserver(() => {
  if (window.began !== null && window.seen === null) window.seen = performance.now();
}).observe(document.getElementById('summary'), { subtree: true, childList: true, characterData: true });
"""
FAILED = """
const paths = (round) => [...round.querySelectorAll('.node.failed')].map((one) => one.dataset.path);
return [...document.querySelectorAll('.round')].map(paths);
"""
NAMED = {
    "button", "checkbox", "combobox", "dialog", "DisclosureTriangle", "link", "listbox", "radio", "region", "slider",
    "spinbutton", "splitter", "tab", "tablist", "tabpanel", "table", "textbox", "article", "main",
}  # fmt: skip
CONTRAST = """
const rgb = (text) => {
  const parts = text.match(/[\\d.]+%?/g).map(Number);
  if (text.startsWith('color(srgb')) return [parts[0] * 255, parts[1] * 255, parts[2] * 255, parts[3] ?? 1];
  return [parts[0], parts[1], parts[2], parts[3] ?? 1];
};
const light = ([r, g, b]) => {
  const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  const [x, y, z] = [r, g, b].map((one) => linear(one / 255));
  return 0.2126 * x + 0.7152 * y + 0.0722 * z;
};
const over = (top, below) => [0, 1, 2].map((at) => top[at] * top[3] + below[at] * (1 - top[3])).concat(1);
const ground = (element) => {
  const layers = [];
  for (let one = element; one; one = one.parentElement) layers.push(rgb(getComputedStyle(one).backgroundColor));
  return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
};
const found = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node = walker.nextNode(); node; node = walker.nextNode()) {
  const element = node.parentElement;
  const visible = element.checkVisibility({ visibilityProperty: true }) && !element.closest('.hidden, button:disabled');
  if (!node.data.trim() || !visible) continue;
  const style = getComputedStyle(element);
  const back = ground(element);
  const [a, b] = [light(over(rgb(style.color), back)), light(back)].sort((x, y) => y - x);
  const ratio = (a + 0.05) / (b + 0.05);
  if (ratio < 4.5) found.push([node.data.trim().slice(0, 40), element.className, Math.round(ratio * 100) / 100]);
}
return found;
"""


def _fragment(**shared: Any) -> str:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(json.dumps(shared).encode()) + packer.flush()
    return "spec=" + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def _shown(page: Page, selector: str) -> list[str]:
    return list(page.js("return [...document.querySelectorAll(arguments[0])].map((one) => one.textContent)", selector))


def _into_percentage(page: Page) -> None:
    """Put the cursor behind the p of `<percentage`."""
    line = next(one for one in page.driver.find_elements("css selector", ".cm-line") if "<percentage" in one.text)
    line.click()
    page.keys(Keys.HOME, *[Keys.ARROW_RIGHT] * 2)


def test_a_typo_shows_at_once(fees: Page) -> None:
    _into_percentage(fees)
    took = []
    for _ in range(5):
        fees.until("return document.getElementById('summary').textContent.startsWith('No problems')")
        fees.js(WATCH)
        fees.keys("x")
        fees.until("return window.seen !== null")
        took.append(fees.js("return window.seen - window.began"))
        assert "did you mean 'percentage'" in fees.text("problems")
        fees.keys(Keys.BACKSPACE)
    print("milliseconds from the key to the mark:", [round(one) for one in took])
    assert statistics.median(took) < 1_500, "it is 50 ms where nothing else runs"


def test_a_problem_is_mended_by_its_button(fees: Page) -> None:
    before = fees.js("return document.querySelector('.cm-content').textContent")
    _into_percentage(fees)
    fees.keys("x")
    fees.until("return document.querySelector('.problem-fix')")
    assert _shown(fees, ".problem-fix") == ["Change to percentage"]
    fees.picture("fix")
    fees.driver.find_element("css selector", ".problem-fix").click()
    fees.until("return document.getElementById('summary').textContent.startsWith('No problems')")
    assert fees.js("return document.querySelector('.cm-content').textContent") == before
    fees.chord(Keys.CONTROL, "z")
    fees.until("return document.querySelector('.problem-fix')")
    mark = fees.driver.find_element("css selector", ".cm-lintRange-error")
    ActionChains(fees.driver).move_to_element(mark).perform()
    fees.until("return document.querySelector('.cm-diagnosticAction')")
    fees.picture("fix-in-the-editor")
    fees.driver.find_element("css selector", ".cm-diagnosticAction").click()
    fees.until("return document.getElementById('summary').textContent.startsWith('No problems')")
    assert fees.js("return document.querySelector('.cm-content').textContent") == before


def test_what_can_be_written_is_offered_and_names_are_explained(fees: Page) -> None:
    line = next(one for one in fees.driver.find_elements("css selector", ".cm-line") if 'name="issuer"' in one.text)
    line.click()
    fees.keys(Keys.END, *[Keys.ARROW_LEFT] * len('"/>'))
    fees.keys(*"; one-l")
    fees.until("return document.querySelector('.cm-tooltip-autocomplete')?.textContent.includes('one-line')")
    fees.picture("completion")
    time.sleep(0.3)  # a list that has just come up does not take Enter yet, so that a line break is not lost to it
    fees.keys(Keys.ENTER)
    fees.until("return document.getElementById('editor').textContent.includes('length: 2 60; one-line\"/>')")
    fees.keys(Keys.END, Keys.ENTER, *"<perc")
    fees.until("return document.querySelector('.cm-tooltip-autocomplete')?.textContent.includes('percentage')")
    time.sleep(0.3)
    fees.keys(Keys.ENTER, *"rate")
    fees.until("return document.getElementById('editor').textContent.includes('<percentage name=\"rate\"/>')")
    problems = "return document.getElementById('problems').textContent"
    fees.until("return document.getElementById('summary').textContent.includes('checked in')")
    WebDriverWait(fees.driver, 20).until(lambda _: fees.js(problems) == "", fees.js(problems))
    name = next(
        one for one in fees.driver.find_elements("css selector", ".cm-line span") if one.text.endswith("choice")
    )
    ActionChains(fees.driver).move_to_element(name).perform()
    fees.until("return document.querySelector('.hover')?.textContent.includes('choice')")


def test_a_replay_shows_its_rounds_and_the_request_of_render_to_the_byte(fees: Page) -> None:
    fees.until("return document.querySelectorAll('.round').length === 3")
    assert fees.text("run-status") == "Valid after 3 rounds."
    failed = fees.js(FAILED)
    assert failed == [
        ["$.fees[1].name", "$.fees[2].explanation", "$.interest.valid_from"],
        ["$.fees[2].explanation"],
        [],
    ]
    document = (fees.folder / "agreement.txt").read_text(encoding="utf-8")
    wanted = [one["content"] for one in Guard.from_rail(fees.folder / "fees.rail").render({"document": document})]
    assert _shown(fees, ".round:first-child .request .message-text") == wanted
    fees.show("prompt")
    fees.until("return document.querySelectorAll('#messages .message-text').length === 2")
    assert _shown(fees, "#messages .message-text") == wanted


def test_an_edit_changes_the_prompt_the_rounds_and_the_cases(fees: Page) -> None:
    fees.until("return document.querySelectorAll('.round').length === 3")
    line = next(one for one in fees.driver.find_elements("css selector", ".cm-line") if 'name="issuer"' in one.text)
    line.click()
    fees.keys(Keys.END, *[Keys.ARROW_LEFT] * len('2 60"/>'))
    fees.write("4")
    fees.until("return document.querySelector('.round .node.failed').dataset.path === '$.issuer'")
    fees.show("prompt")
    fees.until("return document.getElementById('schema')?.textContent.includes('\"minLength\": 42')")


def test_no_request_leaves_this_machine(fees: Page) -> None:
    for tab in ("prompt", "run", "cases"):
        fees.show(tab)
        time.sleep(0.3)
    hosts = {urlsplit(url).netloc for url in fees.requests()}
    assert hosts == {urlsplit(fees.address).netloc}
    assert [one for one in fees.driver.get_log("browser") if one["level"] == "SEVERE"] == []
    blocked = "return fetch('http://127.0.0.1:9/').then(() => 'sent', (error) => String(error))"
    assert "TypeError" in fees.js(blocked)
    assert any("Content Security Policy" in one["message"] for one in fees.driver.get_log("browser"))


@pytest.mark.parametrize("width", [1400, 390])
def test_a_screen_reader_gets_a_name_for_every_control(fees: Page, width: int) -> None:
    fees.size(width, 850)
    tabs = ("prompt", "run", "cases") if width > 760 else ("spec", "prompt", "run", "cases")
    for tab in tabs:
        fees.show(tab)
        if tab == "run":
            for source in fees.driver.find_elements("name", "source"):
                source.click()
                _names(fees)
            fees.driver.find_elements("name", "source")[1].click()
            fees.driver.find_element("id", "run").click()
            fees.until("return document.querySelectorAll('.round').length === 3")
        assert _names(fees) > 8


def _names(page: Page) -> int:
    tree = page.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    controls = [one for one in tree if not one["ignored"] and one["role"]["value"] in NAMED]
    unnamed = [
        one for one in controls if not one.get("name", {}).get("value", "").strip() and one["role"]["value"] != "main"
    ]
    assert unnamed == [], [one["role"]["value"] for one in unnamed]
    return len(controls)


@pytest.mark.parametrize("dark", [False, True])
def test_all_text_has_the_contrast_of_wcag_aa(fees: Page, dark: bool) -> None:
    (fees.folder / "mine.jsonl").write_text(
        '{"answer": {"issuer": "x"}, "passes": true}\n{"answer": "no JSON", "passes": false}\n'
    )
    fees.size(1400, 900, dark=dark)
    fees.until("return document.querySelectorAll('.round').length === 3")
    fees.js("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    name = "dark" if dark else "light"
    fees.picture(f"run-{name}")
    assert fees.js(CONTRAST) == []
    fees.driver.find_element("id", "cases-file").send_keys(str(fees.folder / "mine.jsonl"))
    fees.show("cases")
    fees.until("return document.querySelectorAll('.cases tr.off').length === 1")
    fees.picture(f"cases-{name}")
    assert fees.js(CONTRAST) == []
    fees.to_end()
    fees.write("<x>")
    fees.until("return document.querySelectorAll('.problem').length > 0")
    fees.show("prompt")
    fees.until("return document.getElementById('prompt-status').dataset.kind === 'error'")
    fees.picture(f"prompt-{name}")
    assert fees.js(CONTRAST) == []


def test_on_a_phone_nothing_sticks_out_and_every_view_is_a_tab(fees: Page) -> None:
    fees.size(390, 844)
    for tab in ("spec", "prompt", "run", "cases"):
        fees.show(tab)
        time.sleep(0.5)
        fees.picture(f"phone-{tab}")
        assert fees.js("return document.documentElement.scrollWidth") <= 390
        panels = "return [...document.querySelectorAll('.pane')].filter((one) => !one.hidden).map((one) => one.id)"
        assert fees.js(panels) == [f"panel-{tab}"]


def test_everything_can_be_reached_and_done_with_the_keyboard_alone(fees: Page) -> None:
    fees.until("return document.querySelectorAll('.round').length === 3")
    fees.js("document.activeElement.blur()")
    reached = []
    for _ in range(90):
        fees.keys(Keys.TAB)
        reached.append(fees.js("const one = document.activeElement; return one.id || one.className || one.tagName"))
        if reached[-1] == "BODY":
            break
    for id in ("save", "share", "theme", "tab-run", "splitter", "cassette", "as-model", "max-reasks", "run", "live"):
        assert id in reached
    assert any("cm-content" in one for one in reached), "the editor lets Tab in, and out again"
    fees.js("document.getElementById('tab-run').focus()")
    fees.keys(Keys.ARROW_RIGHT)
    assert fees.js("return document.activeElement.id") == "tab-cases"
    assert fees.js("return !document.getElementById('panel-cases').hidden")
    fees.js("document.getElementById('splitter').focus()")
    fees.keys(Keys.ARROW_RIGHT)
    assert fees.js("return document.activeElement.getAttribute('aria-valuenow')") == "50"


def test_pasted_answers_go_on_to_the_reask_and_become_a_case(play: Callable[..., Page]) -> None:
    page = play("fees.rail")
    page.open()
    page.show("run")
    page.driver.find_element("id", "answer-0").send_keys('{"issuer": 1')
    page.driver.find_element("id", "run").click()
    page.until("return document.querySelector('.round.next') !== null")
    assert page.text("run-status").startswith("Not valid after 1 round")
    page.driver.find_element("css selector", ".round.next > .button").click()
    assert page.js("return document.activeElement.id") == "answer-1"
    page.driver.find_element("id", "keep-case").click()
    page.show("cases")
    page.until("return document.querySelector('.cases tbody .failed')?.textContent.includes('fails at')")
    assert page.text("cases-status") == "1 of 1 case as expected."
    page.picture("cases-kept")


def test_two_tabs_with_one_file_lose_no_edit(fees: Page) -> None:
    driver, file = fees.driver, fees.folder / "fees.rail"
    original = file.read_text(encoding="utf-8")
    first = driver.current_window_handle
    fees.to_end()
    fees.write("<!-- first -->")
    driver.switch_to.new_window("tab")
    fees.size(1400, 900)
    fees.open()
    second = driver.current_window_handle
    notice = fees.driver.find_element("css selector", ".notice").text
    assert "unsaved changes from another tab" in notice
    fees.to_end()
    fees.write("<!-- second -->")
    fees.chord(Keys.CONTROL, "s")
    fees.until("return document.getElementById('file-state').textContent === 'saved'")
    assert file.read_text(encoding="utf-8") == f"{original}<!-- second -->"
    driver.switch_to.window(first)
    fees.chord(Keys.CONTROL, "s")
    fees.until("return document.getElementById('conflict') !== null")
    fees.picture("conflict")
    assert file.read_text(encoding="utf-8") == f"{original}<!-- second -->"
    assert "<!-- first -->" in fees.text("editor")
    next(
        one for one in driver.find_elements("css selector", "#conflict button") if one.text.startswith("Save mine")
    ).click()
    fees.until("return document.getElementById('file-state').textContent === 'saved'")
    assert file.read_text(encoding="utf-8") == f"{original}<!-- first -->"
    driver.switch_to.window(second)
    fees.until("return document.getElementById('file-state').textContent.includes('changed on disk')")
    assert "<!-- first -->" in fees.text("editor")
    fees.driver.find_element("css selector", ".cm-content").click()
    fees.chord(Keys.CONTROL, "z")
    assert "<!-- second -->" in fees.text("editor"), "undo brings back what was there"


def test_a_text_that_comes_from_elsewhere_is_one_step_for_undo_however_soon_after_an_edit(fees: Page) -> None:
    file = fees.folder / "fees.rail"
    original = file.read_text(encoding="utf-8")
    fees.js("const now = Date.now(); Date.now = () => now")  # the editor joins edits that are less than half a second apart
    fees.to_end()
    fees.write("<!-- mine -->")
    fees.chord(Keys.CONTROL, "s")
    fees.until("return document.getElementById('file-state').textContent === 'saved'")
    file.write_text(f"{original}<!-- theirs -->", encoding="utf-8")
    fees.js("dispatchEvent(new Event('focus'))")
    fees.until("return document.getElementById('file-state').textContent.includes('changed on disk')")
    assert fees.text("editor").endswith("<!-- theirs -->")
    fees.to_end()
    fees.write("<!-- more -->")
    for end in ("<!-- theirs -->", "<!-- mine -->", "</rail>"):
        fees.chord(Keys.CONTROL, "z")
        assert fees.text("editor").endswith(end)


def test_what_was_not_saved_is_back_after_a_reload(fees: Page) -> None:
    fees.to_end()
    fees.write("<!-- draft -->")
    fees.until("return document.getElementById('file-state').textContent === 'unsaved changes'")
    fees.open("")
    fees.driver.refresh()
    fees.until("return document.querySelector('.notice')?.textContent.startsWith('Your unsaved changes are back')")
    assert "<!-- draft -->" in fees.text("editor")


def test_a_shared_spec_is_shown_but_its_rules_wait_for_consent(fees: Page) -> None:
    message = '<messages><message role="user">Shared ${gr.complete_json_suffix}</message></messages>'
    spec = f'<rail version="1.0"><output><string name="a"/></output>{message}</rail>'
    before = (fees.folder / "fees.rail").read_text(encoding="utf-8")
    fees.driver.get(f"{fees.address.partition('#')[0]}#{_fragment(text=spec)}")
    fees.until("return document.querySelector('.notice')?.textContent.includes('came with a link')")
    fees.until("return document.getElementById('summary').textContent.startsWith('No problems')")
    assert "Shared" in fees.text("editor")
    assert fees.text("messages") == ""
    fees.chord(Keys.CONTROL, "s")
    assert (fees.folder / "fees.rail").read_text(encoding="utf-8") == before
    fees.show("prompt")
    fees.driver.find_element("css selector", ".notice .button").click()
    fees.until("return document.getElementById('messages').textContent.includes('Shared')")


def test_a_link_that_is_made_here_holds_what_is_here(fees: Page) -> None:
    fees.to_end()
    fees.write("<!-- é😀 -->")
    fees.js("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    fees.driver.find_element("id", "share").click()
    url = fees.until("return window.copied")
    fees.driver.get("about:blank")
    fees.driver.get(url)
    fees.until("return document.querySelector('.notice')?.textContent.includes('came with a link')")
    fees.to_end()
    assert "<!-- é😀 -->" in fees.text("editor")
    assert "HARBOUR BANK" in fees.until(
        "return document.querySelector('.notice') && JSON.stringify(location.href) && 'HARBOUR BANK'"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rail version="1.0"><output/></rail>', "DOCTYPE"),
        ('<rail version="1.0"><output>' + '<string name="a"/>' * 100_000 + "</output></rail>", "larger than"),
        ('<rail version="1.0"><output>' + "<object>" * 50_000, "nested deeper"),
    ],
)
def test_a_hostile_spec_gives_a_message_and_the_page_stays_usable(fees: Page, text: str, said: str) -> None:
    fees.driver.get(f"{fees.address.partition('#')[0]}#{_fragment(text=text)}")
    fees.until("return document.getElementById('problems')?.textContent.includes(arguments[0])", said, seconds=60)
    began = time.monotonic()
    fees.show("cases")
    assert fees.js("return !document.getElementById('panel-cases').hidden")
    assert time.monotonic() - began < 2


def test_a_link_that_unfolds_without_end_is_refused(fees: Page) -> None:
    fees.driver.get(f"{fees.address.partition('#')[0]}#{_fragment(text='x' * 50_000_000)}")
    fees.until("return document.querySelector('.notice')?.textContent.includes('larger than 2 MiB')")
    assert "issuer" in fees.text("editor")


def test_a_spec_of_a_megabyte_can_be_typed_into(play: Callable[..., Page]) -> None:
    page = play("large.rail")
    rows = [f"  <!-- {'x' * 100} -->" for _ in range(9_000)]
    large = "\n".join(['<rail version="1.0"><output><string name="a"/>', *rows, "</output></rail>"])
    (page.folder / "large.rail").write_text(large, encoding="utf-8")
    page.open()
    page.driver.find_element("css selector", ".cm-line").click()
    page.driver.execute_cdp_cmd("Performance.enable", {"timeDomain": "threadTicks"})
    took, busy = [], []
    for letter in "<x a='":
        page.js(WATCH_SUMMARY)
        before = _busy(page)
        page.keys(letter)
        page.until("return window.seen !== null")
        took.append(page.js("return window.seen - window.began"))
        page.until("return document.getElementById('summary').textContent.includes('checked in')")
        busy.append(_busy(page) - before)
    page.driver.execute_cdp_cmd("Performance.disable", {})
    print(
        "milliseconds to a message:",
        [round(one) for one in took],
        "seconds of the page:",
        [round(one, 2) for one in busy],
    )
    assert min(took) < 1_500, "a diagnostic, or that it takes longer; the others count what else the machine does"
    assert statistics.median(busy) < 2, "the page never stands still"
    assert page.text("problems") != ""


def _busy(page: Page) -> float:
    """Seconds of processor time that the page has taken."""
    metrics = page.driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))


def test_a_browser_that_is_too_old_gets_a_message(play: Callable[..., Page]) -> None:
    page = play()
    script = page.driver.execute_cdp_cmd(
        "Page.addScriptToEvaluateOnNewDocument", {"source": "delete window.CompressionStream"}
    )
    try:
        page.driver.get(page.address)
        page.until("return document.getElementById('starting').textContent.includes('too old')")
        assert page.js("return document.getElementById('app').hidden")
    finally:
        page.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", {"identifier": script["identifier"]})


def test_without_its_token_the_page_says_what_to_open(play: Callable[..., Page]) -> None:
    page = play()
    page.driver.get(page.address.partition("#")[0])
    page.until("return document.getElementById('starting').textContent.includes('holds the token')")
