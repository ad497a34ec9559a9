"""The history, which is stored in the browser."""

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.e2e.page.actions import choose, expect_maize
from tests.e2e.page.conftest import Open
from tests.support.running_stack import RunningStack

NO_DATABASE = "indexedDB.open = () => { throw new DOMException('No', 'SecurityError'); };"
# Runs `work` in a transaction of the history's database.
TRANSACTION = """async (work) => {
    const done = (request) => new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
    });
    const database = await done(indexedDB.open("frond", 1));
    const store = database.transaction("answers", "readwrite").objectStore("answers");
    const result = await work(store, done);
    database.close();
    return result;
}"""
# Adds copies of the only entry, each a minute after the one before.
FILL = f"""([total, first]) => ({TRANSACTION})(async (store, done) => {{
    const [entry] = await done(store.getAll());
    for (let number = 0; number < total; number += 1) {{
        await done(store.put({{...entry, id: `past-${{number}}`, at: new Date(first + 60_000 * number)}}));
    }}
}})"""
IDS = f"""() => ({TRANSACTION})((store, done) => done(store.index("at").getAllKeys()))"""


def open_history(page: Page) -> Locator:
    page.get_by_role("button", name="History").click()
    history = page.get_by_role("dialog", name="History")
    expect(history).to_be_visible()
    return history


def test_an_answer_can_be_opened_again_after_a_reload(page: Page, maize: Path) -> None:
    choose(page, maize, maize.parent / "galium-aparine.jpg")
    expect(page.locator("#answer")).to_be_visible()
    species = page.locator("#species").inner_text()
    own = page.locator("#image-candidates").inner_text()
    expect(page.locator("#fineprint")).not_to_contain_text("history")
    open_history(page).get_by_role("listitem").first.wait_for()

    page.reload()
    history = open_history(page)
    expect(history.get_by_role("listitem")).to_have_count(1)
    sides = history.locator("img").evaluate("image => [image.naturalWidth, image.naturalHeight]")
    assert 0 < max(sides) <= 160
    history.get_by_role("button", name=f"Open {species}").click()
    expect(history).to_be_hidden()
    expect(page.locator("#species")).to_have_text(species)
    expect(page.locator("#species")).to_be_focused()
    assert page.locator("#image-candidates").inner_text() == own
    expect(page.get_by_role("img", name="Your photo, zea-mays.jpg")).to_be_visible()
    expect(page.get_by_role("button", name="Why?")).to_be_visible()
    expect(page.locator("#fineprint")).to_contain_text("From your history")
    for gone in ("Add a photo", "Remove photo 1"):
        expect(page.get_by_role("button", name=gone)).to_be_hidden()


def test_a_plant_with_added_photos_remains_one_entry(page: Page, maize: Path) -> None:
    choose(page, maize)
    expect_maize(page)
    choose(page, maize.parent / "galium-aparine.jpg", button="Add a photo")
    expect(page.locator("#image-title")).to_have_text("Photo 2 of 2 on its own")
    expect(open_history(page).get_by_role("listitem")).to_have_count(1)


def test_entries_are_deleted_one_by_one_or_all_together(page: Page, maize: Path) -> None:
    for name in ("zea-mays", "galium-aparine", "stellaria-media"):
        choose(page, maize.parent / f"{name}.jpg")
        expect(page.locator("#answer")).to_be_visible()
    history = open_history(page)
    rows = history.get_by_role("listitem")
    expect(rows).to_have_count(3)
    # The newest is the first.
    expect(rows.last).to_contain_text("Maize")
    history.get_by_role("button", name="Delete Maize").click()
    expect(rows).to_have_count(2)
    expect(history).not_to_contain_text("Maize")
    page.reload()
    expect(open_history(page).get_by_role("listitem")).to_have_count(2)

    history.get_by_role("button", name="Delete all").click()
    expect(rows).to_have_count(2)
    history.get_by_role("button", name="Really delete all 2?").click()
    expect(history.get_by_text("Nothing here yet")).to_be_visible()
    page.reload()
    expect(open_history(page).get_by_role("listitem")).to_have_count(0)


def test_a_deleted_entry_is_not_saved_again(page: Page, maize: Path) -> None:
    choose(page, maize)
    expect_maize(page)
    history = open_history(page)
    history.get_by_role("button", name="Delete Maize").click()
    expect(history.get_by_role("listitem")).to_have_count(0)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Yes").click()
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#thanks")).to_be_visible()
    page.get_by_label("Language").select_option("fr")
    expect(page.locator("#species")).to_have_text("Maïs")
    page.get_by_role("button", name="Historique").click()
    expect(page.get_by_role("dialog").get_by_text("Rien pour l’instant")).to_be_visible()


def test_of_more_than_a_hundred_entries_the_oldest_are_deleted(page: Page, maize: Path) -> None:
    choose(page, maize)
    expect_maize(page)
    page.evaluate(FILL, [100, 1_000_000_000_000])
    choose(page, maize)
    expect_maize(page)
    expect(open_history(page).get_by_role("listitem")).to_have_count(100)
    *past, second, first = page.evaluate(IDS)
    assert past == [f"past-{number}" for number in range(2, 100)]
    assert not first.startswith("past-")
    assert not second.startswith("past-")


def test_without_a_database_the_history_lasts_until_the_page_is_closed(
    open_page: Open, stack: RunningStack, maize: Path
) -> None:
    page = open_page()
    page.add_init_script(NO_DATABASE)
    page.goto(f"{stack.api_url}/?fresh#key={stack.api_key}")
    choose(page, maize)
    expect_maize(page)
    history = open_history(page)
    expect(history.get_by_role("listitem")).to_have_count(1)
    expect(history).to_contain_text("This browser keeps nothing")
    history.get_by_role("button", name="Delete Maize").click()
    expect(history.get_by_role("listitem")).to_have_count(0)


def test_an_error_is_not_saved(page: Page, maize: Path) -> None:
    choose(page, maize.parent / "README.md")
    expect(page.locator("#error")).to_be_visible()
    expect(open_history(page).get_by_role("listitem")).to_have_count(0)
