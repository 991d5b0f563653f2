using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Threading;

/// <summary>
/// Kills the broker at a named milestone, as <c>kill -9</c> would: no handler runs, nothing is flushed. The milestone's
/// name stands in the file that CRASH_FILE tells, from when a test puts it there: until then nothing happens. The
/// runtime finds this type by its name.
/// </summary>
#pragma warning disable CA1050 // The runtime demands a StartupHook outside every namespace.
public static class StartupHook
#pragma warning restore CA1050
{
    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable("CRASH_FILE") is { Length: > 0 } file) DiagnosticListener.AllListeners.Subscribe(new Listeners(file));
    }

    private sealed class Listeners(string file) : IObserver<DiagnosticListener>
    {
        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == "CredentialBroker.Milestones") value.Subscribe(new Killer(file));
        }

        public void OnCompleted() { }

        public void OnError(Exception error) { }
    }

    private sealed class Killer(string file) : IObserver<KeyValuePair<string, object?>>
    {
        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (!File.Exists(file) || File.ReadAllText(file) != value.Key) return;
            using var self = Process.GetCurrentProcess();
            self.Kill();
            new ManualResetEvent(false).WaitOne();
        }

        public void OnCompleted() { }

        public void OnError(Exception error) { }
    }
}
