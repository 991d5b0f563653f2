using System.Globalization;
using System.Text.Json.Nodes;

namespace CredentialBroker.Backends.Vault;

/// <summary>The stand-in's <c>sys/</c>: leases, and what an operator prepares.</summary>
internal sealed class StandInSystem(StandInState state)
{
    public StandInReply? Handle(string path, JsonObject? body) => path.Split('/') switch
    {
        ["sys", "policies", "acl", var name] when body is not null => Policy(name, path, body),
        ["sys", "mounts", var mount] when body is not null => Mount(state.Mounts, mount, path, body),
        ["sys", "auth", var mount] when body is not null => Mount(state.Doors, mount, path, body),
        ["sys", "leases", "lookup"] when body is not null => Lookup(path, body),
        ["sys", "leases", "renew"] when body is not null => Renew(path, body),
        ["sys", "leases", "revoke"] when body is not null => Revoke(path, body),
        _ => null,
    };

    private StandInReply Policy(string name, string path, JsonObject body)
    {
        state.Only(path, body, "policy");
        state.Policies[name] = (JsonObject)JsonNode.Parse((string)body["policy"]!)!;
        return StandInReply.Done;
    }

    private StandInReply Mount(Dictionary<string, string> mounts, string mount, string path, JsonObject body)
    {
        state.Only(path, body, "type", "options", "config");
        if (!mounts.TryAdd(mount, (string)body["type"]!)) return StandInReply.Refused(400, "path is already in use");
        return StandInReply.Done;
    }

    private StandInReply Lookup(string path, JsonObject body)
    {
        state.Only(path, body, "lease_id");
        return state.Leases.TryGetValue((string)body["lease_id"]!, out var lease)
            ? StandInReply.Envelope(new JsonObject { ["id"] = lease.Id, ["expire_time"] = lease.Expires.ToString("O", CultureInfo.InvariantCulture), ["ttl"] = StandInState.Left(lease.Expires), ["renewable"] = lease.Renewable })
            : StandInReply.Refused(400, "invalid lease");
    }

    private StandInReply Renew(string path, JsonObject body)
    {
        state.Only(path, body, "lease_id", "increment");
        if (!state.Leases.TryGetValue((string)body["lease_id"]!, out var lease)) return StandInReply.Refused(400, "lease not found");
        if (!lease.Renewable) return StandInReply.Refused(400, "lease is not renewable");
        var (wanted, last) = (TimeProvider.System.GetUtcNow().AddSeconds(StandInState.Seconds(body["increment"])!.Value), lease.Made.AddSeconds(lease.MaxTtl));
        lease.Expires = state.Noted(wanted < last ? wanted : last);
        return StandInReply.Envelope(leaseId: lease.Id, renewable: true, duration: StandInState.Left(lease.Expires));
    }

    private StandInReply Revoke(string path, JsonObject body)
    {
        state.Only(path, body, "lease_id", "sync");
        // Its default differs between versions and pages, so that it is not one to rely on.
        if (body["sync"] is null) state.Only(path, new JsonObject { ["sync is missing"] = true });
        if (!state.Leases.TryGetValue((string)body["lease_id"]!, out var lease)) return StandInReply.Done;
        if ((bool?)body["sync"] != true) return new StandInReply(202);
        return state.RevokeLease(lease) ? StandInReply.Done : StandInReply.Refused(400, "failed to revoke entry: dial tcp: connection refused");
    }
}
