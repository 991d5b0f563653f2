namespace CredentialBroker.Approvals;

/// <summary>Approvals that the broker itself makes. A colon is in no configured name, so that no source can be called so.</summary>
internal static class OwnSources
{
    /// <summary>An operator vouched for one instance in an emergency; every template takes it, because only its own list lets it be made.</summary>
    public const string BreakGlass = "broker:break-glass";
}
