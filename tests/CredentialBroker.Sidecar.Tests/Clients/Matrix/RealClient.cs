using CredentialBroker.Sidecar.FrontEnds;
using CredentialBroker.Sidecar.Tests.TestInfra;

namespace CredentialBroker.Sidecar.Tests.Clients.Matrix;

/// <summary>A client as its makers ship it: what it needs, how it is pointed at the sidecar, how it is asked, and what it says.</summary>
internal sealed record RealClient
{
    /// <summary>The broker's template, and what its credentials are made of.</summary>
    public required Func<Place, StandInTemplate> Template { get; init; }

    /// <summary>Switches its dialect on.</summary>
    public required Action<FrontEndOptions, Place> Speak { get; init; }

    /// <summary>Starts it, once the sidecar has run in its place.</summary>
    public required Func<Place, Task<IAsked>> OpenAsync { get; init; }

    /// <summary>What it shows of the credential of this number.</summary>
    public required Func<int, string> Shows { get; init; }

    /// <summary>Pattern of its complaint when there is none; where it is its own and not the sidecar's code, the page says so.</summary>
    public string Says { get; init; } = "lease_over|lease_expired|broker_unreachable";

    /// <summary>It remembers a session, and asks from within it when the credential runs out.</summary>
    public bool HasSession { get; init; }

    /// <summary>Within a session it goes on with what it was given until that expires, although it is told no.</summary>
    public bool KeepsToExpiry { get; init; }

    /// <summary>It remembers from one session to the next, so that only a program that begins anew forgets.</summary>
    public bool RemembersSessions { get; init; }

    /// <summary>Why it cannot be had here; null where it can.</summary>
    public Func<string?> Missing { get; init; } = () => null;

    /// <summary>Adds the servers that it uses its credentials at.</summary>
    public Func<Place, Task<Place>> PrepareAsync { get; init; } = Task.FromResult;
}
