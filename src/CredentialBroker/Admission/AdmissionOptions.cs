namespace CredentialBroker.Admission;

/// <summary>Section <c>Admission:{cluster}</c>: how pods of a cluster are let in, and what is put into them.</summary>
internal sealed record AdmissionOptions
{
    private static readonly string[] Words = ["refuse", "end", "allow"];

    /// <summary>Tier of what an ordinary pod is approved for: <c>low</c>, <c>standard</c> or <c>critical</c>. A pod that reaches the host is <c>privileged</c>, whatever stands here.</summary>
    public string Tier { get; init; } = "standard";

    /// <summary>
    /// How long the broker thinks at most, 100 milliseconds to 5 seconds, and never longer than half of what the API server
    /// waits: then it says no.
    /// </summary>
    public TimeSpan Budget { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How many questions are worked on at once, 1 to 1024; more are refused at once.</summary>
    public int MaxConcurrent { get; init; } = 128;

    /// <summary>How long a candidate may wait to be seen there, 5 to 60 seconds.</summary>
    public TimeSpan ConfirmWithin { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Commands, attached terminals and forwarded ports of a pod that holds leases: <c>refuse</c>, <c>end</c> its leases and let
    /// them, or <c>allow</c> and record them.
    /// </summary>
    public string Connect { get; init; } = "refuse";

    /// <summary>Debug containers in a pod that was approved: <c>refuse</c>, or <c>allow</c>, after which it is no longer what was approved.</summary>
    public string EphemeralContainers { get; init; } = "refuse";

    /// <summary>The sidecar that is put into pods; absent puts none.</summary>
    public SidecarOptions? Sidecar { get; init; }

    public IEnumerable<string> Validate(string cluster)
    {
        var path = $"Admission:{cluster}";
        if (Tier is not ("low" or "standard" or "critical")) yield return $"{path}:Tier: '{Tier}' is none of low, standard, critical";
        if (Budget < TimeSpan.FromMilliseconds(100) || Budget > TimeSpan.FromSeconds(5)) yield return $"{path}:Budget: must be from 100 milliseconds to 5 seconds";
        if (MaxConcurrent is < 1 or > 1024) yield return $"{path}:MaxConcurrent: must be from 1 to 1024";
        if (ConfirmWithin < TimeSpan.FromSeconds(5) || ConfirmWithin > TimeSpan.FromSeconds(60)) yield return $"{path}:ConfirmWithin: must be from 5 to 60 seconds";
        if (!Words.Contains(Connect)) yield return $"{path}:Connect: '{Connect}' is none of refuse, end, allow";
        if (EphemeralContainers is not ("refuse" or "allow")) yield return $"{path}:EphemeralContainers: '{EphemeralContainers}' is neither refuse nor allow";
        foreach (var mistake in Sidecar?.Validate($"{path}:Sidecar") ?? []) yield return mistake;
    }
}

/// <summary>The container that is put into pods which name templates, before all others.</summary>
internal sealed record SidecarOptions
{
    /// <summary>Its image, pinned by digest.</summary>
    public string Image { get; init; } = "";

    /// <summary>The ConfigMap with its <c>sidecar.json</c>, in the pod's namespace; <c>{serviceAccount}</c> stands for the pod's account.</summary>
    public string ConfigMap { get; init; } = "{serviceAccount}-sidecar";

    /// <summary>Seconds that the pod waits for its leases before the sidecar is started anew, 10 to 3600.</summary>
    public int StartupSeconds { get; init; } = 300;

    /// <summary>Its limit of memory.</summary>
    public string Memory { get; init; } = "128Mi";

    public IEnumerable<string> Validate(string path)
    {
        if (!Image.Contains("@sha256:", StringComparison.Ordinal)) yield return $"{path}:Image: required, and pinned by digest";
        if (ConfigMap.Length is 0 or > 253) yield return $"{path}:ConfigMap: must name a ConfigMap";
        if (StartupSeconds is < 10 or > 3600) yield return $"{path}:StartupSeconds: must be from 10 to 3600";
        if (Memory.Length is 0 or > 16 || !Memory.All(char.IsAsciiLetterOrDigit)) yield return $"{path}:Memory: must be a quantity such as 128Mi";
    }
}
