using CredentialBroker.Backends.Wires;

namespace CredentialBroker.Clusters;

/// <summary>Section <c>Clusters:{name}</c>: one cluster's API server, as the broker asks it about what runs there.</summary>
internal sealed record ClusterOptions
{
    private static readonly string[] Rules = ["end", "mark", "ignore"];

    /// <summary>The API server, such as <c>https://kubernetes.default.svc</c>; plain http on loopback only.</summary>
    public Uri? Server { get; init; }

    /// <summary>PEM file of the authorities that may have signed the server's certificate; absent for those of the machine.</summary>
    public string? RootCertificateFile { get; init; }

    /// <summary>The broker's own service account token there; read at every call.</summary>
    public string? TokenFile { get; init; }

    /// <summary>PEM file of the broker's client certificate, instead of a token; read at every connection.</summary>
    public string? ClientCertificateFile { get; init; }

    /// <summary>PEM file of that certificate's private key.</summary>
    public string? ClientKeyFile { get; init; }

    /// <summary>How long one call may take, from 1 to 8 seconds.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Whether the digests that run are compared with those that the approved images are pinned by.</summary>
    public bool CompareImages { get; init; } = true;

    /// <summary>Whether pods, jobs, nodes, accounts, role bindings and namespaces are watched.</summary>
    public bool Watch { get; init; } = true;

    /// <summary>How long a node may be out of touch before it counts as lost, 30 seconds to 1 hour.</summary>
    public TimeSpan NodeGrace { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>When a running pod is no longer what was approved: <c>end</c> its leases, <c>mark</c> a finding only, or <c>ignore</c> it.</summary>
    public string OnDrift { get; init; } = "end";

    /// <summary>When a node is lost: <c>end</c>, <c>mark</c> or <c>ignore</c>.</summary>
    public string OnNodeLost { get; init; } = "end";

    /// <summary>When a service account is deleted or made anew: <c>end</c>, <c>mark</c> or <c>ignore</c>. Any other change of it is marked.</summary>
    public string OnServiceAccount { get; init; } = "end";

    /// <summary>When the roles bound to a service account change: <c>end</c>, <c>mark</c> or <c>ignore</c>.</summary>
    public string OnRoleBinding { get; init; } = "mark";

    /// <summary>When the labels of a namespace change, or it is being deleted: <c>end</c>, <c>mark</c> or <c>ignore</c>.</summary>
    public string OnNamespace { get; init; } = "mark";

    public IEnumerable<string> Validate(string name)
    {
        var path = $"Clusters:{name}";
        foreach (var mistake in WireAddress.Validate(Server, $"{path}:Server", "https://kubernetes.default.svc")) yield return mistake;
        foreach (var mistake in WireLimits.Files(path, ("RootCertificateFile", RootCertificateFile), ("TokenFile", TokenFile), ("ClientCertificateFile", ClientCertificateFile), ("ClientKeyFile", ClientKeyFile))) yield return mistake;
        if ((ClientCertificateFile is null) != (ClientKeyFile is null)) yield return $"{path}:ClientKeyFile: a client certificate and its key come together";
        if ((TokenFile is null) == (ClientCertificateFile is null)) yield return $"{path}:TokenFile: the broker shows either a token or a client certificate";
        if (RequestTimeout < TimeSpan.FromSeconds(1) || RequestTimeout > TimeSpan.FromSeconds(8)) yield return $"{path}:RequestTimeout: must be from 1 to 8 seconds";
        if (NodeGrace < TimeSpan.FromSeconds(30) || NodeGrace > TimeSpan.FromHours(1)) yield return $"{path}:NodeGrace: must be from 30 seconds to 1 hour";
        foreach (var (key, rule) in new[] { ("OnDrift", OnDrift), ("OnNodeLost", OnNodeLost), ("OnServiceAccount", OnServiceAccount), ("OnRoleBinding", OnRoleBinding), ("OnNamespace", OnNamespace) })
        {
            if (!Rules.Contains(rule)) yield return $"{path}:{key}: '{rule}' is none of end, mark, ignore";
        }
    }
}
