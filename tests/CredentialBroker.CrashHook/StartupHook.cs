using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Threading;

/// <summary>
/// Kills the broker at a named milestone, as <c>kill -9</c> would: no handler runs, nothing is flushed. The point is
/// named in CRASH_AT as <c>name</c> or <c>name#n</c> for its n-th time. The runtime finds this type by its name.
/// </summary>
#pragma warning disable CA1050 // The runtime demands a StartupHook outside every namespace.
public static class StartupHook
#pragma warning restore CA1050
{
    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable("CRASH_AT") is not { Length: > 0 } point) return;
        var parts = point.Split('#');
        var after = parts.Length == 2 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 1;
        DiagnosticListener.AllListeners.Subscribe(new Listeners(parts[0], after));
    }

    private sealed class Listeners(string point, int after) : IObserver<DiagnosticListener>
    {
        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == "CredentialBroker.Milestones") value.Subscribe(new Killer(point, after));
        }

        public void OnCompleted() { }

        public void OnError(Exception error) { }
    }

    private sealed class Killer(string point, int after) : IObserver<KeyValuePair<string, object?>>
    {
        private int _seen;

        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (value.Key != point || Interlocked.Increment(ref _seen) != after) return;
            using var self = Process.GetCurrentProcess();
            self.Kill();
            new ManualResetEvent(false).WaitOne();
        }

        public void OnCompleted() { }

        public void OnError(Exception error) { }
    }
}
