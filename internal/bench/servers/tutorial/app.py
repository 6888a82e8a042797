"""The sign-up of "Flask NoSQL Authentication Tutorial" (2014), on current libraries.

It takes the same steps as the tutorial's service: it makes a new client for each
request, computes a hash with Werkzeug, looks up the user, and stores the document. It
leaves out document types, which the libraries no longer have, and debug mode, which
would be slower.
"""
import logging
import os
import re
import time

from elasticsearch import Elasticsearch
from flask import Flask, g, jsonify, request
from werkzeug.security import generate_password_hash

URL = os.environ["ELASTICSEARCH_URL"]
INDEX = os.environ["ELASTICSEARCH_INDEX"]
# If empty, Werkzeug's default is used.
HASH = os.environ.get("WERKZEUG_HASH", "")

EMAIL = re.compile(r"[^@]+@[^@]+\.[^@]+")

logger = logging.getLogger(__name__)
app = Flask(__name__)


class User:
    def __init__(self, **kwargs):
        for name in ("email_address", "password"):
            if not kwargs.get(name):
                raise ValueError(f"'{name}' is required.")
        self.key = kwargs["email_address"]
        if not EMAIL.match(self.key):
            raise ValueError(f"'{self.key}' is not valid 'email_address'.")
        self.values = {
            name: kwargs[name]
            for name in ("email_address", "first_name", "last_name")
            if name in kwargs
        }
        method = {"method": HASH} if HASH else {}
        self.values["password"] = generate_password_hash(kwargs["password"], **method)
        self.values["_type"] = "user"
        self.values["is_active"] = True
        self.values["created_at"] = time.time()


@app.before_request
def before_request():
    if not hasattr(g, "db_client"):
        g.db_client = Elasticsearch(URL)


@app.route("/v1/users/new", methods=["POST"])
def create():
    if not request.json:
        return jsonify(message="Content-Type: 'application/json' required", success=False), 400
    try:
        user = User(**request.json)
    except ValueError as error:
        logger.warning(str(error))
        return jsonify(message=str(error), success=False), 400
    data = {}
    try:
        data = g.db_client.get(index=INDEX, id=user.key)
    except Exception as error:
        if getattr(error, "status_code", None) != 404:
            logger.critical(str(error))
            return jsonify(message="Something broke... We are looking into it!", success=False), 500
    if data.get("found"):
        message = f"'{user.key}' already exists."
        logger.warning(message)
        return jsonify(message=message, success=False), 409
    document = {name: value for name, value in user.values.items() if name != "_type"}
    try:
        g.db_client.index(index=INDEX, id=user.key, document=document)
    except Exception as error:
        logger.warning(str(error))
        return jsonify(message=str(error), success=False), 500
    message = f"'{user.key}' added successfully!"
    logger.debug(message)
    return jsonify(message=message, success=True), 200
