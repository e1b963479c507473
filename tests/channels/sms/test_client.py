from channels.sms.client import signature


def test_the_signature_covers_every_parameter_and_the_secret() -> None:
    query = {"Action": "SendSms", "PhoneNumbers": "13812345678", "TemplateParam": '{"a": "b c"}'}
    made = signature(query, "secret")
    assert made == signature(dict(reversed(query.items())), "secret")
    assert made != signature(query | {"Action": "Other"}, "secret")
    assert made != signature(query, "another")
