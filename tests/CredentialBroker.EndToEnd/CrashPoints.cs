namespace CredentialBroker.EndToEnd;

/// <summary>The named points at which a broker is killed, in the order in which each operation passes them.</summary>
internal static class CrashPoints
{
    public static readonly string[] WhileIssuing =
        ["intent.before", "intent.after", "prepare.before", "prepare.after", "mint.before", "mint.after", "active.before", "active.after"];

    public static readonly string[] WhileRenewing = ["renew.before", "renew.after", "renewed.after"];

    public static readonly string[] WhileEnding = ["claim.before", "claim.after", "end.before", "end.after", "ended.before", "ended.after"];

    public static readonly string[] WhileRevoking = ["incident.before", "incident.after"];

    public static readonly string[] Stores = ["sqlite", "postgres"];
}
