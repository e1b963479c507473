"""A stand-in for the WeChat official account, WeCom and SMS platforms, for demo and tests.

It shares no code with the rest of the product (wechatpy aside), so that a test against it means
something. docs/sandbox.md lists its endpoints, limits and faults.
"""
