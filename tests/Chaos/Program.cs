return await HvPlatform.Chaos.ChaosCommand.RunAsync(args);
