"""Organizations: ListAccounts, in pages of at most 20, of which some may be empty."""
import base64
import json

from answers import Refusal, json_answer

STATUS_OF = {"ACTIVE": "ACTIVE", "SUSPENDED": "SUSPENDED", "PENDING_CLOSURE": "PENDING_CLOSURE"}


def resource(_cloud, _call):
    return "*"


def page_of(parameters):
    """(number of the page, accounts before it)"""
    token = parameters.get("NextToken")
    if not token:
        return 1, 0
    try:
        found = json.loads(base64.b64decode(token, validate=True))
        return found["page"], found["skip"]
    except (ValueError, KeyError, TypeError):
        raise Refusal(400, "InvalidInputException",
                      "You specified an invalid value for NextToken.") from None


def page_number(call):
    return page_of(call.parameters)[0]


def row_of(organization, partition, account):
    row = {
        "Id": account.id,
        "Arn": "arn:%s:organizations::%s:account/%s/%s" % (
            partition, organization["management"], organization["id"], account.id),
        "Email": account.email,
        "Name": account.name,
        "JoinedMethod": "CREATED",
        "JoinedTimestamp": 1672531200.123,
    }
    if "State" in organization["fields"]:
        row["State"] = account.state
    # Status has no words for the newer states.
    if "Status" in organization["fields"] and account.state in STATUS_OF:
        row["Status"] = STATUS_OF[account.state]
    return row


def list_accounts(cloud, call):
    organization, account = cloud.world.organization, call.caller.account
    members = None
    if organization is not None:
        members = organization["members"] or sorted(cloud.world.accounts)
    if members is None or account.id not in members:
        raise Refusal(400, "AWSOrganizationsNotInUseException",
                      "Your account is not a member of an organization.")
    if account.id != organization["management"] and account.id not in organization["delegated"]:
        raise Refusal(400, "AccessDeniedException",
                      "You don't have permissions to access this resource.")
    size = call.parameters.get("MaxResults", 20)
    if not isinstance(size, int) or not 1 <= size <= 20:
        raise Refusal(400, "InvalidInputException",
                      "You specified an invalid value for MaxResults: 1 to 20 is valid.")
    size = min(size, organization["page_size"])
    page, skip = page_of(call.parameters)
    rows = []
    if page not in organization["empty_pages"]:
        rows = [row_of(organization, cloud.world.partition, cloud.world.accounts[member])
                for member in members[skip:skip + size]]
    skip += len(rows)
    answer = {"Accounts": rows}
    if skip < len(members):
        token = json.dumps({"page": page + 1, "skip": skip}).encode()
        answer["NextToken"] = base64.b64encode(token).decode()
    elif organization["null_token"]:
        answer["NextToken"] = None
    return json_answer(answer)
