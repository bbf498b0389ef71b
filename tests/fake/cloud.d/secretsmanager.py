"""Secrets Manager: GetSecretValue, with rotation."""
import asyncio

from answers import Answer, Refusal, json_answer
from rows import CREATED, secret_text


def find(cloud, call):
    """The secret that SecretId means: a name, an ARN, or an ARN without its last six letters."""
    identifier = call.parameters.get("SecretId")
    if not isinstance(identifier, str) or not identifier:
        raise Refusal(400, "ValidationException", "SecretId must be given")
    estate = call.caller.account.estate(call.region)
    for secret in estate.secrets.values():
        if identifier in (secret.id, secret.arn, secret.arn[:-len(secret.suffix) - 1]):
            return secret
    return None


def resource(cloud, call):
    secret = find(cloud, call)
    if secret is not None:
        return secret.arn
    identifier = call.parameters["SecretId"]
    if identifier.startswith("arn:"):
        return identifier
    return "arn:%s:secretsmanager:%s:%s:secret:%s" % (
        cloud.world.partition, call.region, call.caller.account.id, identifier)


def context(_cloud, call):
    return {"secretsmanager:versionstage": call.parameters.get("VersionStage", "AWSCURRENT")}


def version_of(secret, parameters):
    """The number of a version in the row's list: 0 is AWSCURRENT, 1 AWSPREVIOUS."""
    stage = parameters.get("VersionStage")
    wanted = parameters.get("VersionId")
    if stage not in (None, "AWSCURRENT", "AWSPREVIOUS"):
        raise missing_stage(stage)
    number = 1 if stage == "AWSPREVIOUS" else 0
    if wanted is not None:
        names = [name for name, _ in secret.versions]
        if wanted not in names or (stage and names[number:number + 1] != [wanted]):
            raise Refusal(400, "ResourceNotFoundException",
                          "Secrets Manager can't find the specified secret value for VersionId: %s"
                          % wanted)
        number = names.index(wanted)
    if number >= len(secret.versions):
        raise missing_stage(stage)
    return number


def missing_stage(stage):
    return Refusal(400, "ResourceNotFoundException", "Secrets Manager can't find the specified "
                   "secret value for staging label: %s" % stage)


def get_secret_value(cloud, call):
    secret = find(cloud, call)
    if secret is None:
        raise Refusal(400, "ResourceNotFoundException",
                      "Secrets Manager can't find the specified secret.")
    if secret.get("deleted"):
        raise Refusal(400, "InvalidRequestException", "You can't perform this operation on the "
                      "secret because it was marked for deletion.")
    key = secret.get("kms_key")
    if key and not call.caller.may("kms:Decrypt", key, {}):
        raise Refusal(400, "AccessDeniedException", "Access to KMS is not allowed")
    number = version_of(secret, call.parameters)
    name, value = secret.versions[number]
    found = {"ARN": secret.arn, "Name": secret.id, "VersionId": name,
             "VersionStages": ["AWSCURRENT", "AWSPREVIOUS"][number:number + 1] or [],
             "CreatedDate": CREATED + len(secret.versions) - number + 0.519}
    if "binary" in value:
        found["SecretBinary"] = value["binary"]
    else:
        found["SecretString"] = secret_text(value)
    answer = json_answer(found)
    if number == 0:
        secret.reads += 1
        rotation = secret.get("rotation")
        if rotation and secret.reads == rotation["after_reads"]:
            # Once only: what was read is stale before the reader has it.
            secret.entry = {key: part for key, part in secret.entry.items() if key != "rotation"}
            return rotate(secret, rotation, answer)
    return answer


def rotate(secret, rotation, answer):
    """Makes the next value current, runs the hook, and only then lets the answer go."""
    secret.rotate({key: rotation[key] for key in ("text", "json", "binary") if key in rotation})
    command = rotation.get("run")
    if not command:
        return answer

    async def later():
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL)
        if await process.wait() != 0:
            raise Refusal(500, "InternalServiceError", "the rotation's command failed")
        return answer

    waiting = Answer(200, b"", "")
    waiting.later = later
    return waiting
