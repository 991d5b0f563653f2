using CredentialBroker.Protocol.Operators;

namespace CredentialBroker.WebConsole.Sessions;

/// <summary>A browser that is signed in: the operator's token, which never leaves the broker's memory, and who that is.</summary>
public sealed class Session(string token, WhoAmI who, DateTimeOffset since)
{
    /// <summary>What is told once, on the next page.</summary>
    private string? _notice;

    public string Token => token;

    public WhoAmI Who => who;

    public DateTimeOffset Since { get; } = since;

    public DateTimeOffset SeenAt { get; set; } = since;

    public bool Has(string role) => who.Roles.Any(held => held.Role == "admin" || held.Role == role);

    public void Tell(string notice) => Interlocked.Exchange(ref _notice, notice);

    public string? TakeNotice() => Interlocked.Exchange(ref _notice, null);
}
