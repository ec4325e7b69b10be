//! The retail services on Enaction: baskets, catalogue
