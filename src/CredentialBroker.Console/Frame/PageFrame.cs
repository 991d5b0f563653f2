using CredentialBroker.Protocol;
using CredentialBroker.WebConsole.Sessions;

namespace CredentialBroker.WebConsole.Frame;

/// <summary>What stands around a page's own matter.</summary>
public sealed record PageFrame
{
    public required string Title { get; init; }

    /// <summary>Address of the entry of the menu that it belongs to.</summary>
    public string? Section { get; init; }

    /// <summary>Who is signed in; null on the pages before that.</summary>
    public Session? Session { get; init; }

    public required string FormToken { get; init; }

    /// <summary>What was done, told once.</summary>
    public string? Notice { get; init; }

    /// <summary>Why what was asked for was not done.</summary>
    public BrokerException? Refusal { get; init; }

    /// <summary><c>light</c> or <c>dark</c> when the person chose one; else the system decides.</summary>
    public string? Theme { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>The page's own address, when it answers a form that was sent to another.</summary>
    public string? Address { get; init; }

    /// <summary>Where the browser goes by itself.</summary>
    public string? Onwards { get; init; }
}
