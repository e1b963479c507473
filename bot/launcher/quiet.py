"""Settings of the libraries below Rasa; they count only before those are imported."""

import logging
import os
import warnings

import structlog

QUIET = {
    # two workers of two threads each are slower than one worker on two cores
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "",
    "RASA_TELEMETRY_ENABLED": "false",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
}


def settle() -> None:
    """One thread a process, no telemetry, nothing below a warning in the log."""
    os.environ.update(QUIET)
    warnings.filterwarnings("ignore", module=r"(tensorflow|rasa|sanic|pkg_resources|jieba).*")
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    for name in ("rasa", "tensorflow", "absl", "matplotlib", "apscheduler", "jieba"):
        logging.getLogger(name).setLevel(logging.ERROR)
    # unconfigured, structlog prints Rasa's debug lines, and with them what people say
    structlog.configure(
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        cache_logger_on_first_use=True,
    )
