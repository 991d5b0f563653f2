using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace CredentialBroker.Backends.Kubernetes;

/// <summary>
/// A stand-in for a cluster's API server, written from its documented API and no part of Kubernetes: namespaces, service
/// accounts, Secrets, roles, bound tokens whose signature, expiry and Secret are looked at each time, and errors as
/// Status objects. Whatever is not documented, or not used here, is refused and noted.
/// </summary>
internal sealed class KubernetesStandIn : StandInServer
{
    public const string AdminToken = "stand-in-admin";
    private readonly Lock _lock = new();

    private KubernetesStandIn(TimeProvider clock) => State = new KubernetesState(clock);

    public KubernetesState State { get; }

    public bool RateLimited { get; set; }

    public static async Task<KubernetesStandIn> StartAsync(TimeProvider clock)
    {
        var standIn = new KubernetesStandIn(clock);
        await standIn.StartAsync();
        return standIn;
    }

    public T Locked<T>(Func<KubernetesState, T> look)
    {
        lock (_lock) return look(State);
    }

    protected override StandInAnswer Answer(HttpRequest request, string path, byte[] body)
    {
        lock (_lock)
        {
            if (RateLimited) return KubernetesReply.Status(429, "TooManyRequests", "please try again later") with { Headers = [("Retry-After", "1")] };
            if (State.WhoIs(request.Headers.Authorization.ToString()) is not { } caller) return KubernetesReply.Status(401, "Unauthorized", "Unauthorized");
            if (body.Length > 0 && request.ContentType != "application/json") return KubernetesReply.Status(415, "UnsupportedMediaType", "the body of the request was in an unknown format");
            var sent = ObjectOf(body);
            if (body.Length > 0 && sent is null) return KubernetesReply.Status(400, "BadRequest", "the object provided is unrecognized");
            return (request.Method, path.Split('/')[1..]) switch
            {
                ("POST", ["apis", "authentication.k8s.io", "v1", "selfsubjectreviews"]) => SelfReview(caller, sent!),
                ("POST", ["apis", "authentication.k8s.io", "v1", "tokenreviews"]) when caller.Admin => TokenReview(sent!),
                ("POST", ["apis", "authorization.k8s.io", "v1", "selfsubjectaccessreviews"]) => AccessReview(caller, sent!),
                ("POST", ["apis", "rbac.authorization.k8s.io", "v1", "namespaces", var space, "roles"]) when caller.Admin => Kept(State.AddRole(space, sent!), sent!),
                ("POST", ["apis", "rbac.authorization.k8s.io", "v1", "namespaces", var space, "rolebindings"]) when caller.Admin => Kept(State.AddBinding(space, sent!), sent!),
                ("GET", ["version"]) => new StandInAnswer(200, new JsonObject { ["major"] = "1", ["minor"] = "30", ["gitVersion"] = "v1.30.0" }),
                ("POST", ["api", "v1", "namespaces"]) when caller.Admin => Kept(State.AddNamespace((string)sent!["metadata"]!["name"]!), sent),
                ("POST", ["api", "v1", "namespaces", var space, "serviceaccounts"]) when caller.Admin => Kept(State.AddAccount(space, (string)sent!["metadata"]!["name"]!), sent),
                ("GET", ["api", "v1", "namespaces", var space, "configmaps"]) => May(caller, "list", "configmaps", space, "") ?? KubernetesReply.List("ConfigMapList", []),
                ("POST", ["api", "v1", "namespaces", var space, "serviceaccounts", var name, "token"]) => May(caller, "create", "serviceaccounts/token", space, name) ?? Token(space, name, sent!),
                ("POST", ["api", "v1", "namespaces", var space, "secrets"]) => May(caller, "create", "secrets", space, "") ?? CreateSecret(space, sent!),
                ("DELETE", ["api", "v1", "namespaces", var space, "secrets", var name]) => May(caller, "delete", "secrets", space, name) ?? DeleteSecret(space, name, sent),
                ("GET", ["api", "v1", "namespaces", var space, "secrets"]) => May(caller, "list", "secrets", space, "") ?? ListSecrets(space, request),
                _ => Unknown($"{request.Method} {path}"),
            };
        }
    }

    private StandInAnswer? May(KubernetesCaller caller, string verb, string resource, string space, string name) => State.May(caller, verb, resource, space, name)
        ? null
        : KubernetesReply.Status(403, "Forbidden", $"{resource} is forbidden: User \"{caller.Name}\" cannot {verb} resource \"{resource}\" in the namespace \"{space}\"", resource, name);

    private static StandInAnswer Kept(bool added, JsonObject sent) => added ? new StandInAnswer(201, sent) : KubernetesReply.Status(409, "AlreadyExists", "already exists");

    private StandInAnswer SelfReview(KubernetesCaller caller, JsonObject sent)
    {
        Only("SelfSubjectReview", sent, "apiVersion", "kind", "metadata", "status");
        return new StandInAnswer(201, new JsonObject
        {
            ["kind"] = "SelfSubjectReview", ["apiVersion"] = "authentication.k8s.io/v1", ["metadata"] = new JsonObject { ["creationTimestamp"] = State.Now },
            ["status"] = new JsonObject { ["userInfo"] = new JsonObject { ["username"] = caller.Name, ["groups"] = new JsonArray("system:authenticated") } },
        });
    }

    private StandInAnswer TokenReview(JsonObject sent)
    {
        Only("TokenReview", sent["spec"] as JsonObject, "token", "audiences");
        var audiences = ((JsonArray?)sent["spec"]!["audiences"])?.Select(one => (string)one!).ToList() ?? [];
        var account = State.Verify((string)sent["spec"]!["token"]!, audiences.Count == 0 ? [KubernetesState.ApiAudience] : audiences);
        sent["status"] = account is null ? new JsonObject { ["error"] = "invalid bearer token" } : new JsonObject { ["authenticated"] = true, ["user"] = new JsonObject { ["username"] = account } };
        return new StandInAnswer(201, sent);
    }

    private StandInAnswer AccessReview(KubernetesCaller caller, JsonObject sent)
    {
        var asked = (JsonObject)sent["spec"]!["resourceAttributes"]!;
        Only("SelfSubjectAccessReview", asked, "verb", "group", "version", "resource", "subresource", "namespace", "name");
        var resource = asked["subresource"] is { } sub ? $"{(string)asked["resource"]!}/{(string)sub!}" : (string)asked["resource"]!;
        sent["status"] = new JsonObject { ["allowed"] = State.May(caller, (string)asked["verb"]!, resource, (string?)asked["namespace"] ?? "*", (string?)asked["name"] ?? "") };
        return new StandInAnswer(201, sent);
    }

    private StandInAnswer CreateSecret(string space, JsonObject sent)
    {
        Only("Secret", sent, "apiVersion", "kind", "metadata", "type", "immutable", "data", "stringData");
        Only("Secret metadata", sent["metadata"] as JsonObject, "name", "namespace", "labels", "annotations");
        if (!State.Namespaces.Contains(space)) return KubernetesReply.Status(404, "NotFound", $"namespaces \"{space}\" not found", "namespaces", space);
        var name = (string)sent["metadata"]!["name"]!;
        if (State.Secrets.ContainsKey((space, name))) return KubernetesReply.Status(409, "AlreadyExists", $"secrets \"{name}\" already exists", "secrets", name);
        var made = (JsonObject)sent.DeepClone();
        made["metadata"]!["uid"] = Protocol.Ids.New(TimeProvider.System);
        made["metadata"]!["creationTimestamp"] = State.Now;
        made["metadata"]!["resourceVersion"] = "1";
        State.Secrets[(space, name)] = made;
        return new StandInAnswer(201, made);
    }

    private StandInAnswer DeleteSecret(string space, string name, JsonObject? sent)
    {
        Only("DeleteOptions", sent, "apiVersion", "kind", "preconditions", "dryRun", "gracePeriodSeconds", "propagationPolicy");
        if (!State.Secrets.TryGetValue((space, name), out var found)) return KubernetesReply.Status(404, "NotFound", $"secrets \"{name}\" not found", "secrets", name);
        var uid = (string)found["metadata"]!["uid"]!;
        if (sent?["preconditions"]?["uid"] is { } wanted && (string)wanted! != uid)
            return KubernetesReply.Status(409, "Conflict", $"Operation cannot be fulfilled on secrets \"{name}\": Precondition failed: UID in precondition: {(string)wanted!}, UID in object meta: {uid}", "secrets", name);
        var dry = sent?["dryRun"] is JsonArray;
        if (found["metadata"]!["finalizers"] is not null)
        {
            if (!dry) found["metadata"]!["deletionTimestamp"] = State.Now;
            return new StandInAnswer(200, found);
        }

        if (!dry) State.Secrets.Remove((space, name));
        return new StandInAnswer(200, new JsonObject
        {
            ["kind"] = "Status", ["apiVersion"] = "v1", ["metadata"] = new JsonObject(), ["status"] = "Success", ["details"] = new JsonObject { ["name"] = name, ["kind"] = "secrets", ["uid"] = uid },
        });
    }

    private StandInAnswer ListSecrets(string space, HttpRequest request)
    {
        if (!request.Headers.Accept.ToString().Contains("as=PartialObjectMetadataList", StringComparison.Ordinal)) Undocumented.Enqueue("Secrets were read with what is in them");
        foreach (var name in request.Query.Keys.Except(["labelSelector", "limit", "continue"])) Undocumented.Enqueue($"list: {name}");
        var (label, value) = request.Query["labelSelector"].ToString().Split('=') is [var l, var v] ? (l, v) : ("", "");
        var limit = int.Parse(request.Query["limit"]!, CultureInfo.InvariantCulture);
        var from = int.TryParse(request.Query["continue"], CultureInfo.InvariantCulture, out var at) ? at : 0;
        var all = State.Secrets.Where(one => one.Key.Namespace == space && (string?)one.Value["metadata"]!["labels"]?[label] == value).Select(one => one.Value["metadata"]!.DeepClone()).ToList();
        var items = all.Skip(from).Take(limit).Select(metadata => (JsonNode)new JsonObject { ["metadata"] = metadata }).ToArray();
        var reply = KubernetesReply.List("PartialObjectMetadataList", items);
        if (from + limit < all.Count) reply.Body!["metadata"]!["continue"] = (from + limit).ToString(CultureInfo.InvariantCulture);
        return reply;
    }

    private StandInAnswer Token(string space, string name, JsonObject sent)
    {
        Only("TokenRequest", sent, "apiVersion", "kind", "metadata", "spec");
        var spec = (JsonObject)sent["spec"]!;
        Only("TokenRequest spec", spec, "audiences", "expirationSeconds", "boundObjectRef");
        if (!State.Accounts.ContainsKey((space, name))) return KubernetesReply.Status(404, "NotFound", $"serviceaccounts \"{name}\" not found", "serviceaccounts", name);
        var seconds = (long?)spec["expirationSeconds"] ?? 3600;
        if (seconds < 600) return KubernetesReply.Status(422, "Invalid", "spec.expirationSeconds: Invalid value: may not specify a duration less than 10 minutes", "tokenrequests", name);
        JsonObject? secret = null;
        if (spec["boundObjectRef"] is JsonObject bound)
        {
            Only("boundObjectRef", bound, "kind", "apiVersion", "name", "uid");
            if ((string?)bound["kind"] != "Secret" || (string?)bound["apiVersion"] != "v1") return KubernetesReply.Status(400, "BadRequest", "cannot bind token for serviceaccount to this type of object");
            var to = (string)bound["name"]!;
            if (!State.Secrets.TryGetValue((space, to), out secret)) return KubernetesReply.Status(404, "NotFound", $"secrets \"{to}\" not found", "secrets", to);
            if ((string?)bound["uid"] != (string?)secret["metadata"]!["uid"])
                return KubernetesReply.Status(409, "Conflict", $"Operation cannot be fulfilled on Secret \"{to}\": the UID in the bound object reference does not match the UID in record", "Secret", to);
        }

        var (token, expires) = State.Sign(space, name, [.. ((JsonArray?)spec["audiences"] ?? []).Select(one => (string)one!)], Math.Min(seconds, State.LongestSeconds), secret);
        sent["status"] = new JsonObject { ["token"] = token, ["expirationTimestamp"] = expires };
        return new StandInAnswer(201, sent);
    }

    private StandInAnswer Unknown(string call)
    {
        Undocumented.Enqueue(call);
        return KubernetesReply.Status(404, "NotFound", "the server could not find the requested resource");
    }
}
