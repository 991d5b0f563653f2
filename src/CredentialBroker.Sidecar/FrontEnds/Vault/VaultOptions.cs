using CredentialBroker.Sidecar.Configuration;

namespace CredentialBroker.Sidecar.FrontEnds.Vault;

/// <summary>What Vault's clients find at `VAULT_ADDR`: the secrets that leases hold, under the paths they ask for. No token of a Vault is here.</summary>
internal sealed class VaultOptions
{
    /// <summary>Address and port on loopback.</summary>
    public string Listen { get; set; } = "127.0.0.1:8200";

    /// <summary>The lease behind each path that may be read, such as `database/creds/orders`.</summary>
    public Dictionary<string, VaultPathOptions> Paths { get; set; } = [];

    /// <summary>Refuses requests without `X-Vault-Request: true`, which Vault's own clients send and a forged request cannot.</summary>
    public bool RequireRequestHeader { get; set; } = true;

    public void Validate(Mistakes mistakes, IReadOnlyDictionary<string, LeaseOptions> leases)
    {
        mistakes.DemandListen(Listen, nameof(Listen));
        mistakes.Demand(Paths.Count > 0, nameof(Paths), "name the lease for at least one path");
        foreach (var (path, options) in Paths)
        {
            var below = mistakes.Below($"{nameof(Paths)}:{path}");
            mistakes.Demand(path.Length is > 0 and <= 256 && path.Split('/').All(part => part is not ("" or "." or "..")), $"{nameof(Paths)}:{path}", "a path is written without slashes at its ends");
            mistakes.Demand(!options.Kv2 || path.Split('/') is [_, "data", _, ..], $"{nameof(Paths)}:{path}", "version 2 of kv is read at MOUNT/data/NAME");
            below.DemandLease(options.Lease, nameof(options.Lease), leases);
        }
    }
}

/// <summary>What is behind one path.</summary>
internal sealed class VaultPathOptions
{
    /// <summary>The lease.</summary>
    public string Lease { get; set; } = "";

    /// <summary>Whether clients expect version 2 of the kv engine there, whose data lies one level deeper.</summary>
    public bool Kv2 { get; set; }
}
