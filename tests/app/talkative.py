"""A process and a job of ours whose errors quote what somebody said."""

from fastapi import FastAPI

from app import logs

WORDS = "林晓月 13812345678 想退那件大衣"


def fail() -> None:
    try:
        int(WORDS)
    except ValueError as error:
        raise RuntimeError(WORDS) from error


def create_app() -> FastAPI:
    logs.configure()
    made = FastAPI()

    @made.get("/")
    def root() -> None:
        fail()

    @made.get("/healthz")
    def alive() -> None:
        pass

    return made
