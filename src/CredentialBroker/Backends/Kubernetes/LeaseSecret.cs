using System.Net;
using System.Text.Json.Nodes;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Kubernetes;

/// <summary>
/// The empty Secret of one lease, in the service account's namespace. Tokens bound to it are refused once it is gone.
/// The broker never reads one, so that it needs no right to: what is there is told by a deletion that is only tried.
/// </summary>
/// <param name="Uid">As the API server named it; null until it is known that there is one.</param>
internal sealed record LeaseSecret(string Namespace, string Name, string? Uid)
{
    public const string BrokerLabel = "credentialbroker/broker";
    public const string LeaseLabel = "credentialbroker/lease";

    private string Path => $"api/v1/namespaces/{Namespace}/secrets";

    public static LeaseSecret Of(string handle)
    {
        var read = Handle.Read(KubernetesBackend.Word, handle, "namespace", "object");
        return new LeaseSecret(read["namespace"], read["object"], Handle.Find(handle, "uid"));
    }

    /// <returns>Its uid.</returns>
    public async ValueTask<string> CreateAsync(KubernetesHttp http, string brokerId, Order order, CancellationToken cancel)
    {
        var answer = await http.SendAsync(HttpMethod.Post, Path, new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Secret",
            ["metadata"] = new JsonObject
            {
                ["name"] = Name,
                ["namespace"] = Namespace,
                ["labels"] = new JsonObject { [BrokerLabel] = brokerId, [LeaseLabel] = order.LeaseId },
                ["annotations"] = new JsonObject { ["credentialbroker/workload"] = order.Facts.GetValueOrDefault(HeldFacts.Uri, ""), ["credentialbroker/approval"] = order.Approval },
            },
            ["type"] = "credentialbroker/lease",
            ["immutable"] = true,
        }, cancel);
        return answer.Status == HttpStatusCode.Created && answer.Json?.Object("metadata") is { } metadata && metadata.Text("name") == Name && metadata.Text("namespace") == Namespace
               && metadata.Text("uid") is { Length: <= 64 } uid && uid.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')
            ? uid
            : throw KubernetesErrors.Of(answer, ReasonCodes.MintFailed, "making the lease's Secret");
    }

    /// <returns>False when it was gone.</returns>
    public async ValueTask<bool> DeleteAsync(KubernetesHttp http, CancellationToken cancel)
    {
        var answer = await TryAsync(http, dry: false, Uid, cancel);
        if (KubernetesErrors.IsGone(answer, Name) || (KubernetesErrors.IsAnother(answer, Name) && !await IsThereAsync(http, cancel))) return false;
        if (IsDone(answer)) return true;
        throw answer.IsSuccess
            ? new BackendException(KubernetesBackend.Word, ReasonCodes.EndFailed, "the lease's Secret is to be deleted and waits for a finalizer that somebody set", transient: false)
            : KubernetesErrors.Of(answer, ReasonCodes.EndFailed, "deleting the lease's Secret");
    }

    public async ValueTask<bool> IsThereAsync(KubernetesHttp http, CancellationToken cancel)
    {
        var answer = await TryAsync(http, dry: true, uid: null, cancel);
        if (KubernetesErrors.IsGone(answer, Name)) return false;
        if (!answer.IsSuccess) throw KubernetesErrors.Of(answer, ReasonCodes.TargetUnavailable, "looking for the lease's Secret");
        // The object itself, where a finalizer would keep it; else the report of what would be done.
        var found = answer.Json?.Object("metadata")?.Text("uid") ?? answer.Json?.Object("details")?.Text("uid");
        return found is null ? throw KubernetesErrors.Of(answer, ReasonCodes.TargetUnavailable, "looking for the lease's Secret") : Uid is null || found == Uid;
    }

    private ValueTask<WireAnswer> TryAsync(KubernetesHttp http, bool dry, string? uid, CancellationToken cancel)
    {
        var options = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "DeleteOptions" };
        if (uid is not null) options["preconditions"] = new JsonObject { ["uid"] = uid };
        if (dry) options["dryRun"] = new JsonArray("All");
        return http.SendAsync(HttpMethod.Delete, $"{Path}/{Name}", options, cancel);
    }

    private static bool IsDone(WireAnswer answer) =>
        answer.Status == HttpStatusCode.OK && answer.Json is { } json && json.Text("kind") == "Status" && json.Text("status") == "Success";
}
