using System.Net;
using CredentialBroker.Protocol;

namespace CredentialBroker.Cli;

/// <summary>What the exit code of every command means.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;
    public const int Fault = 1;
    public const int Usage = 2;
    public const int Denied = 3;
    public const int Unreachable = 4;
    public const int NotAllDead = 5;
    public const int Interrupted = 130;

    public static IReadOnlyList<(int Code, string Meaning)> All { get; } =
    [
        (Ok, "done"),
        (Fault, "a fault: not found, a template with mistakes, records that do not verify, a file that cannot be read"),
        (Usage, "the command line is wrong, or would send a token in the clear"),
        (Denied, "the broker said no"),
        (Unreachable, "the broker cannot be reached, or cannot serve at present"),
        (NotAllDead, "not everything that was to end is confirmed dead"),
        (Interrupted, "interrupted"),
    ];

    public static int Of(BrokerException error) => error.Status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.Conflict or (HttpStatusCode)425 => Denied,
        HttpStatusCode.UnprocessableEntity when error.Problem?.Code == ReasonCodes.IdempotencyMismatch => Denied,
        // Deferred: a decision that is not yes.
        HttpStatusCode.Accepted when error.Problem is not null => Denied,
        HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests => Unreachable,
        _ => Fault,
    };
}
