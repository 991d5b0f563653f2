using CredentialBroker.Node.Gate;

namespace CredentialBroker.Node.Configuration;

/// <summary>Section `Engine`.</summary>
internal sealed record EngineOptions
{
    /// <summary>The engine's socket.</summary>
    public string Socket { get; init; } = "/run/docker.sock";

    /// <summary>Lets an engine that failed the self-test be used all the same, under a name and until a time; the broker must name it too.</summary>
    public ExceptionOptions? Exception { get; init; }

    public void Validate(Mistakes mistakes, TimeProvider clock)
    {
        mistakes.DemandPath(Socket, nameof(Socket));
        if (Exception is null) return;
        mistakes.Demand(Mistakes.IsLabel(Exception.Name), "Exception:Name", "lower-case letters, digits and inner hyphens, at most 63");
        mistakes.Demand(Exception.Until is { } until && until < clock.GetUtcNow().AddDays(30), "Exception:Until", "required, and at most 30 days away: a time such as 2026-07-01T00:00:00Z");
    }
}

/// <summary>Section `Engine:Exception`.</summary>
internal sealed record ExceptionOptions
{
    /// <summary>What it is called here and at the broker.</summary>
    public string Name { get; init; } = "";

    /// <summary>When it is over, at most 30 days away.</summary>
    public DateTimeOffset? Until { get; init; }
}

/// <summary>Section `Plugin`.</summary>
internal sealed record PluginOptions
{
    /// <summary>The plugin's socket, which only its own user may open. A folder that is made for it is its own user's alone.</summary>
    public string Socket { get; init; } = "/run/credbroker-node/plugin.sock";
}

/// <summary>Section `Attestation`.</summary>
internal sealed record AttestationOptions
{
    /// <summary>The socket at which containers get evidence; its folder holds nothing else and is what they mount, read-only. Without it there is none.</summary>
    public string? Socket { get; init; }

    /// <summary>How long evidence is good for, 30 seconds to 5 minutes.</summary>
    public TimeSpan Ttl { get; init; } = TimeSpan.FromMinutes(2);

    public void Validate(Mistakes mistakes)
    {
        if (Socket is not null) mistakes.DemandPath(Socket, nameof(Socket));
        mistakes.Demand(Ttl >= TimeSpan.FromSeconds(30) && Ttl <= TimeSpan.FromMinutes(5), nameof(Ttl), "outside 00:00:30 to 00:05:00");
    }
}

/// <summary>Section `State`.</summary>
internal sealed record StateOptions
{
    /// <summary>Folder for what is bound and for what is still to be told; only its own user may open it.</summary>
    public string Folder { get; init; } = "/var/lib/credbroker-node";

    /// <summary>How much may wait to be told, in files, 100 to 100000. Beyond it nothing privileged is allowed; ends always are kept.</summary>
    public int MostWaiting { get; init; } = 10_000;

    public void Validate(Mistakes mistakes)
    {
        mistakes.DemandPath(Folder, nameof(Folder));
        mistakes.Demand(MostWaiting is >= 100 and <= 100_000, nameof(MostWaiting), "outside 100 to 100000");
    }
}

/// <summary>Section `Keys`.</summary>
internal sealed record KeyOptions
{
    /// <summary>PEM file with the node's signing key on P-256; made when it is missing, for its own user alone.</summary>
    public string KeyFile { get; init; } = "/var/lib/credbroker-node/key.pem";

    /// <summary>Where its public half is written, as the broker's `JwksFile` takes it.</summary>
    public string JwksFile { get; init; } = "/var/lib/credbroker-node/node.jwks";

    public void Validate(Mistakes mistakes)
    {
        mistakes.DemandPath(KeyFile, nameof(KeyFile));
        mistakes.DemandPath(JwksFile, nameof(JwksFile));
    }
}

/// <summary>Section `Callers:{name}`: a class of callers.</summary>
internal sealed record CallerOptions
{
    /// <summary>Common names of their certificates, exactly.</summary>
    public string[] Names { get; init; } = [];

    /// <summary>URI names of their certificates, exactly.</summary>
    public string[] Uris { get; init; } = [];

    /// <summary>The class of whoever comes over the engine's own socket, which proves nothing; what they create counts as privileged.</summary>
    public bool Anonymous { get; init; }

    /// <summary>Some of `look`, `logs`, `run`, `exec`, `attach`, `pull`, `networks`, `volumes`.</summary>
    public string[] May { get; init; } = [];

    /// <summary>Images they may run, as they name them; `*` only as the last character. Empty for none.</summary>
    public string[] Images { get; init; } = [];

    /// <summary>Resources of the host that their containers may have, as they are logged, such as `bind:/data:/data:ro` or `capability:NET_ADMIN`; `*` only as the last character.</summary>
    public string[] HostResources { get; init; } = [];

    /// <summary>Templates that the broker is told their containers are approved for.</summary>
    public string[] Templates { get; init; } = [];

    public IReadOnlySet<Act> Acts => May.Select(one => Enum.TryParse<Act>(one, ignoreCase: true, out var act) ? act : (Act?)null).OfType<Act>().ToHashSet();

    public void Validate(Mistakes mistakes)
    {
        mistakes.Demand(Anonymous ? Names.Length + Uris.Length == 0 : Names.Length + Uris.Length > 0, nameof(Names), Anonymous ? "an anonymous caller has no name" : "say whom it is for: Names, Uris, or Anonymous");
        foreach (var unknown in May.Where(one => !Enum.GetNames<Act>().Contains(one, StringComparer.OrdinalIgnoreCase))) mistakes.Add(nameof(May), $"'{unknown}' is none of {string.Join(", ", Enum.GetNames<Act>()).ToLowerInvariant()}");
        foreach (var pattern in Images.Concat(HostResources).Where(pattern => pattern.Length == 0 || pattern[..^1].Contains('*', StringComparison.Ordinal))) mistakes.Add(nameof(HostResources), $"'{pattern}': * stands only at the end");
        if (!Acts.Contains(Act.Run)) return;
        mistakes.Demand(Images.Length > 0, nameof(Images), "who may run names the images");
        mistakes.Demand(Templates.Length is > 0 and <= 32, nameof(Templates), "who may run names 1 to 32 templates: nothing starts without an approval");
    }
}
