"""What the gateway counts, for /metrics."""

from prometheus_client import Counter, Histogram

CALLBACKS = Counter("dianyu_callbacks_total", "Callbacks taken in.", ["channel", "kind"])
REFUSED = Counter("dianyu_callbacks_refused_total", "Callbacks refused.", ["channel", "reason"])
REPEATS = Counter("dianyu_callback_repeats_total", "A platform's retries.", ["channel"])
STRANGERS = Counter("dianyu_strangers_total", "Messages of unknown WeCom users.")
LATE = Counter("dianyu_late_answers_total", "Answers that came after the passive deadline.")
TURNS = Counter("dianyu_turns_total", "Turns of the dialogue.", ["outcome"])
TURN_SECONDS = Histogram("dianyu_turn_seconds", "How long a turn takes.")
API_CALLS = Counter("dianyu_api_calls_total", "Calls to the platforms.", ["platform", "outcome"])
