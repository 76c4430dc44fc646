"""Recipes: a TOML for one system on one corpus, checked into a frozen `Recipe`.

`catalogue` lists them and reads TOML only; `schema` checks them (pydantic, torch), `build` makes the system they describe.
"""
