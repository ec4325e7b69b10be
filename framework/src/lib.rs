//! A REST framework for teams that build services: write processes, get every convention
