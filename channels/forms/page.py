"""The page behind a questionnaire's link: a plain form that works without scripts."""

from collections.abc import Mapping
from html import escape

from crm_core.questionnaires.definition import Definition, Question

_STYLE = """
body{font:16px/1.6 system-ui,"PingFang SC","Microsoft YaHei",sans-serif;margin:0;background:#f6f6f4}
main{max-width:30rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.3rem}
label,legend{display:block;margin:1.2rem 0 .3rem;font-weight:600}
fieldset{border:0;padding:0;margin:0}
fieldset label{font-weight:400;margin:.3rem 0}
input[type=text]{width:100%;box-sizing:border-box;padding:.6rem;border:1px solid #bbb}
button{margin-top:1.5rem;width:100%;padding:.8rem;border:0;background:#07c160;color:#fff}
input[type=text],button{border-radius:6px;font:inherit}
.hint{color:#666;font-size:.9rem;margin:.2rem 0}
.wrong{color:#b00020;margin:.2rem 0}
"""


def form(
    asked: Definition,
    questions: tuple[Question, ...],
    answers: Mapping[str, str],
    problems: Mapping[str, str],
) -> str:
    """The questions with what was filled in already, and what is wrong with it."""
    fields = "".join(_field(one, answers.get(one.name, ""), problems) for one in questions)
    others = "".join(
        f'<p class="wrong" role="alert">{escape(sentence)}</p>'
        for name, sentence in problems.items()
        if name not in {one.name for one in questions}
    )
    intro = f"<p>{escape(asked.intro)}</p>" if asked.intro else ""
    body = f'{intro}{others}<form method="post">{fields}<button>提交</button></form>'
    return _page(asked.title, body)


def message(title: str, *sentences: str) -> str:
    """A page that says something and asks nothing."""
    return _page(title, "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences))


def _field(question: Question, value: str, problems: Mapping[str, str]) -> str:
    wrong = problems.get(question.name)
    said = f'<p class="wrong" role="alert">{escape(wrong)}</p>' if wrong else ""
    hint = f'<p class="hint">{escape(question.hint)}</p>' if question.hint else ""
    star = "（必填）" if question.required else ""
    text = escape(question.text) + star
    if not question.options:
        required = " required" if question.required else ""
        box = (
            f'<input type="text" id="{question.name}" name="{question.name}" maxlength="500" '
            f'value="{escape(value)}" autocomplete="off"{required}>'
        )
        return f'<label for="{question.name}">{text}</label>{hint}{box}{said}'
    kind = "checkbox" if question.several else "radio"
    picked = value.split("、")
    boxes = "".join(
        f'<label><input type="{kind}" name="{question.name}" value="{escape(option)}"'
        f"{' checked' if option in picked else ''}> {escape(option)}</label>"
        for option in question.options
    )
    return f"<fieldset><legend>{text}</legend>{hint}{boxes}{said}</fieldset>"


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )
