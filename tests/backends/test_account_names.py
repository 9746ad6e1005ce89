"""Names of accounts are always legal and never too long, and two resources never share one."""

import uuid
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from storage_api.backends.account_names import Naming, derived_name
from storage_api.backends.accounts import AccountOptions, account_name
from storage_api.domain import names
from storage_api.domain.errors import Invalid

UUID = "abc7de61-ae93-421c-b025-56ff18e18679"

legal = st.text("abcXYZ019_.@-", max_size=16)
uuids = st.uuids().map(str)
#: Whatever people type in Latin letters, signs and blanks included.
latin = st.text(
    st.characters(max_codepoint=0x17F, exclude_categories=["Cc", "Cs"], exclude_characters="µ"),
    max_size=90,
)


@st.composite
def namings(draw: st.DrawFn) -> Naming:
    prefix, separator = draw(legal), draw(legal)
    least = len(prefix) + 2 * len(separator) + 10
    return Naming(prefix, separator, draw(st.integers(least, max(least, 128))))


@given(naming=namings(), organization=latin, project=latin, resource=uuids)
def test_a_name_is_legal_and_short_enough(
    naming: Naming, organization: str, project: str, resource: str
) -> None:
    name = derived_name(naming, organization, project, resource)
    assert names.USER.allows(name)
    assert len(name) <= naming.max_length
    assert name.startswith(naming.prefix)
    assert name.endswith(naming.separator + resource[:8])


@given(naming=namings(), one=st.tuples(latin, latin, uuids), other=st.tuples(latin, latin, uuids))
def test_two_resources_never_share_a_name_unless_their_first_digits_agree(
    naming: Naming, one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    assume(one[2][:8] != other[2][:8])
    assert derived_name(naming, *one) != derived_name(naming, *other)


@given(organization=st.text(max_size=30), project=st.text(max_size=30))
def test_any_text_gives_a_legal_name_or_a_clear_refusal(organization: str, project: str) -> None:
    try:
        name = derived_name(Naming("waldur_"), organization, project, UUID)
    except Invalid as refusal:
        assert "not Latin" in str(refusal)  # noqa: PT017  # either outcome is right
    else:
        assert names.USER.allows(name)


@pytest.mark.parametrize(
    ("organization", "project", "name"),
    [
        ("physics", "atlas", "waldur_physics_atlas_abc7de61"),
        ("Physics Dept.", "ATLAS -- Run 2", "waldur_physics_dept_atlas_run_2_abc7de61"),
        ("Université de Genève", "Ångström", "waldur_universite_de_geneve_angstrom_abc7de61"),
        ("Straße", "Łódź Ærø", "waldur_strasse_lodz_aero_abc7de61"),
        ("", "___", "waldur_default_default_abc7de61"),
        ("!!!", "p", "waldur_default_p_abc7de61"),
        ("_a_", "__b__", "waldur_a_b_abc7de61"),
        ("a" * 40, "b" * 40, f"waldur_{'a' * 23}_{'b' * 24}_abc7de61"),
        (f"{'a' * 22}_{'a' * 20}", "b" * 40, f"waldur_{'a' * 22}_{'b' * 24}_abc7de61"),
    ],
)
def test_what_is_published_and_what_it_lacked(organization: str, project: str, name: str) -> None:
    assert derived_name(Naming("waldur_"), organization, project, UUID) == name


@pytest.mark.parametrize("text", ["Физика", "物理-2", "lab Ω", "x٣"])
def test_what_has_no_latin_spelling_is_refused(text: str) -> None:
    for parts in ((text, "p"), ("o", text)):
        with pytest.raises(Invalid, match="not Latin"):
            derived_name(Naming(), *parts, UUID)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"prefix": "p" * 60}, "no room"),
        ({"separator": "-" * 16, "max_length": 20}, "no room"),
        ({"max_length": 9}, "no room"),
        ({"separator": "/"}, "slug_separator"),
        ({"separator": "_" * 17}, "slug_separator"),
        ({"prefix": "a b"}, "prefix"),
    ],
)
def test_what_leaves_no_legal_name_is_refused_at_once(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Naming(**changes)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"organization": "o", "project": "p"},
        {"resource_uuid": UUID},
        {"uid": "alice", "project": "p"},
        {"uid": "alice", "organization": "o", "project": "p", "resource_uuid": UUID},
        {"organization": "o", "project": "p", "resource_uuid": str(uuid.UUID(int=1))[:-1]},
    ],
)
def test_a_request_names_the_user_in_exactly_one_way(fields: Any) -> None:
    with pytest.raises(Invalid):
        account_name(fields, AccountOptions().naming(""))
