namespace CredentialBroker.Issuance;

/// <summary>Which minimum controls an environment has; the operator's configuration alone says so (R67).</summary>
internal sealed record EnvironmentProfiles(IReadOnlyDictionary<string, string> Named, string Otherwise)
{
    public string Of(string environment) => Named.GetValueOrDefault(environment, Otherwise);
}
